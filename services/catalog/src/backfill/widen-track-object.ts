import { createHash } from "node:crypto";
import { TrackAccepted, trackObjectName } from "@segue/contracts";
import type { ServerContext } from "@segue/step";
import { type ObjectRef, PreconditionFailedError } from "@segue/store";
import type { BegunTrack } from "./backfill-rows.ts";

type Parts = Pick<ServerContext, "store" | "names" | "log">;

/**
 * The track's object says what is asked of it, and what was at first: a catalog that is rebuilt from storage asks the same. Of two
 * backfills that widen it at the same moment, each adds to what the other has written.
 */
export async function widenTrackObject(
  { store, names, log }: Parts,
  { trackId, widened }: Pick<BegunTrack, "trackId" | "widened">,
): Promise<void> {
  if (!widened) return;
  const digest = createHash("sha256").update(trackId).digest("hex");
  const ref = { bucket: names.bucket("records"), name: trackObjectName(digest, trackId) };
  for (;;) {
    // What is read is this generation or a later one; over a later one the write does not go ahead.
    const stat = await store.statObject(ref);
    if (!stat) {
      log.warn({ track: trackId }, "a track has no object; the catalog alone knows what is asked of it");
      return;
    }
    const accepted = TrackAccepted.parse(await store.readJson(ref));
    if (await writeOver({ store }, ref, widen(accepted, widened), stat.generation)) return;
  }
}

function widen(
  accepted: TrackAccepted,
  { targets, wants }: NonNullable<BegunTrack["widened"]>,
): TrackAccepted {
  return {
    ...accepted,
    targets: [...new Set([...accepted.targets, ...targets])],
    wants: [...new Set([...accepted.wants, ...wants])],
    askedAtFirst: accepted.askedAtFirst ?? accepted.wants,
  };
}

/** False: somebody else has written the object since. */
async function writeOver(
  { store }: Pick<Parts, "store">,
  ref: ObjectRef,
  track: TrackAccepted,
  generation: string,
): Promise<boolean> {
  try {
    await store.writeObject({
      ...ref,
      body: Buffer.from(JSON.stringify(track)),
      contentType: "application/json",
      createOnly: false,
      ifGeneration: generation,
    });
    return true;
  } catch (error) {
    if (error instanceof PreconditionFailedError) return false;
    throw error;
  }
}
