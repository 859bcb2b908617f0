import { bucketName, type Names } from "@segue/chain";
import {
  editionFile,
  editionMark,
  ForeignEditionError,
  readAskedName,
  refuseFirstEdition,
  refuseForeignMark,
  seriesPrefixes,
} from "@segue/contracts";
import {
  ObjectNotFoundError,
  type ObjectRef,
  type ObjectStore,
  StoreError,
  StoreRefusedError,
} from "@segue/store";
import { z } from "zod";

/** What a track's object has in every edition but the first. */
const AskedByRequest = z.object({ request: z.object({ requestId: z.string() }) });

/**
 * Makes the fleet's buckets this edition's, if they are nobody's yet.
 *
 * @throws {ForeignEditionError} if another edition's data is in them; {StoreError} if storage does not tell.
 */
export async function claimStorage(store: ObjectStore, names: Names): Promise<void> {
  if (await refuseForeignStorage(store, names)) return;
  const mark = { bucket: names.bucket("records"), name: editionFile, contentType: "application/json" };
  try {
    await store.writeObject({ ...mark, body: Buffer.from(editionMark), createOnly: true });
  } catch (error) {
    // Whose it is is known. Storage that is full, or that this process may only read, is told of where work needs it.
    if (!(error instanceof StoreError)) throw error;
  }
}

/**
 * Looks whose the fleet's buckets are. Those that are not there are nobody's.
 *
 * @returns whether they say that they are this edition's. @throws as `claimStorage`.
 */
export async function refuseForeignStorage(store: ObjectStore, names: Names): Promise<boolean> {
  const bucket = names.bucket("records");
  const place = `bucket ${bucket}`;
  const remedy =
    "empty the fleet's buckets if nobody needs them any more, or give this fleet others by another SEGUE_PREFIX; nothing in them was changed";
  try {
    refuseForeignMark(await store.readObject({ bucket, name: editionFile }), place, remedy);
    return true;
  } catch (error) {
    if (!(error instanceof ObjectNotFoundError)) throw error;
  }
  const track = await findTrack(store, bucket);
  if (track !== undefined && !AskedByRequest.safeParse(await store.readJson(track)).success)
    refuseFirstEdition(place, remedy);
  if (track === undefined) await refuseEarlierName(store, names);
  return false;
}

/** A fleet whose buckets were named without its project would find nothing of what it has, and begin anew. */
async function refuseEarlierName(store: ObjectStore, { earlierBuckets }: Names): Promise<void> {
  if (earlierBuckets === null) return;
  const bucket = bucketName(earlierBuckets, "records");
  // Another project's of that name says nothing of this fleet, and not to this fleet.
  const isOurs = await store.readObject({ bucket, name: editionFile }).then(
    () => true,
    (error: unknown) => {
      if (error instanceof ObjectNotFoundError || error instanceof StoreRefusedError) return false;
      throw error;
    },
  );
  if (!isOurs) return;
  throw new ForeignEditionError(
    `bucket ${bucket} holds a fleet's data from before buckets were named for their project`,
    `set SEGUE_BUCKET_PREFIX=${earlierBuckets} for all of this fleet to go on with it, or delete that bucket if nobody needs it any more; nothing in it was changed`,
  );
}

/** The oldest track of a series that has one. */
async function findTrack(store: ObjectStore, bucket: string): Promise<ObjectRef | undefined> {
  try {
    for (const prefix of seriesPrefixes)
      for await (const object of store.walkObjects({ bucket, prefix }))
        if (readAskedName(object.name) === "track") return object;
  } catch (error) {
    if (!(error instanceof ObjectNotFoundError)) throw error;
  }
  return undefined;
}
