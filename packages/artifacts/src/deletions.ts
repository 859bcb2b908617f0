/**
 * What storage has of a track, and of a master, and how it goes. Deleting costs nothing, so what has a name that can be reckoned is deleted without a look; what has not
 * begins with an id or an address, and is listed. What was deleted, and what was not there, is told apart: that nothing was is the proof.
 *
 * In the scratch bucket there is what no name leads to: stories of messages that failed, and uploads that were cut off. They say nothing of what was in the file, or
 * are none of anybody's yet, and expire within days.
 */
import type { Names } from "@segue/chain";
import {
  broughtForKey,
  digestFor,
  keyedObjectName,
  ledgerObjectName,
  openUploadName,
  Request,
  requestObjectName,
  TrackAccepted,
  TrackId,
  trackObjectName,
  trackObjectsPrefix,
  uploadedFileName,
} from "@segue/contracts";
import { type ObjectRef, type ObjectStat, type ObjectStore, PreconditionFailedError } from "@segue/store";
import { amendmentName } from "./amendments.ts";
import { unlessUnreadable } from "./is-unreadable.ts";
import { readObjectAs, replaceObject } from "./json-object.ts";
import { recordName } from "./outputs.ts";

/** A track of which storage may have something. */
export interface DeletedTrack {
  readonly trackId: string;
  readonly owner: string;
  /** Ids of all that was asked of it, its own left out. */
  readonly requests: readonly string[];
  /** Kinds that may have been elsewhere than planned. */
  readonly kinds: readonly string[];
}

/** How the claim of a key begins whose track was deleted. A release from before takes it for another request's. */
export const deletedClaim = "deleted";

/** Each returns how many objects there were, and are not any more. */
export interface Deletions {
  /** Keys that it came under stand for a track that was deleted from then on. */
  removeTrack(track: DeletedTrack): Promise<number>;
  /** All that was made of a master, but not the master. @param addresses of whatever may have been made of it. */
  removeDerived(master: string, addresses: Iterable<string>): Promise<number>;
  /** All masters that say whom they were brought for. */
  walkBrought(): AsyncGenerator<{ readonly master: string; readonly trackId: string }, void>;
  statMaster(master: string): Promise<ObjectStat | undefined>;
  /** False: somebody counts on it since it was looked at. */
  removeMaster(master: string, seen: ObjectStat): Promise<boolean>;
}

/** Looked for at once: a round trip each. */
const atOnce = 16;

export function createDeletions(store: ObjectStore, names: Names): Deletions {
  const records = names.bucket("records");
  const scratch = names.bucket("scratch");
  const remove = async (ref: ObjectRef) => Number(await store.deleteObject(ref));
  const removeAll = async (prefix: { bucket: string; prefix: string }) => {
    let count = 0;
    for await (const { name } of store.walkObjects(prefix))
      count += await remove({ bucket: prefix.bucket, name });
    return count;
  };
  const removeKeyed = (trackId: string, digest: string) => forgetKey(store, records, trackId, digest);

  return {
    async removeTrack({ trackId, owner, requests, kinds }) {
      const own = { bucket: records, name: trackObjectName(trackId) };
      const asked = namesOfRequests(trackId, requests).map((name) => ({ bucket: records, name }));
      const accepted = await unlessUnreadable(() => readObjectAs(store, own, TrackAccepted));
      const counts: number[] = [];
      for (const ref of asked) {
        const request = await unlessUnreadable(() => readObjectAs(store, ref, Request));
        if (request?.keyedAs !== undefined) counts.push(await removeKeyed(trackId, request.keyedAs));
        if (request) counts.push(await remove(ref));
      }
      const keyedAs = accepted?.request.keyedAs;
      if (keyedAs !== undefined) counts.push(await removeKeyed(trackId, keyedAs));
      const job = accepted?.job;
      if (job) {
        const name = keyedObjectName(digestFor(owner, job.requestId), "job");
        counts.push(await remove({ bucket: records, name }));
      }
      counts.push(await removeAll({ bucket: records, prefix: trackObjectsPrefix(trackId) }));
      for (const name of [openUploadName(trackId), uploadedFileName(trackId)])
        counts.push(await remove({ bucket: names.bucket("uploads"), name }));
      const amended = [trackId, ...requests].flatMap((requestId) =>
        kinds.map((kind) => ({ bucket: scratch, name: amendmentName({ requestId, kind }) })),
      );
      counts.push(...(await eachOf(amended, remove)));
      // Last: it leads to the others.
      counts.push(await remove(own));
      return sum(counts);
    },
    async removeDerived(master, addresses) {
      const ledger = { bucket: records, name: ledgerObjectName(master) };
      const counts = [await remove(ledger)];
      const ofAddress = async (address: string) =>
        sum([
          await remove({ bucket: records, name: recordName(address) }),
          await removeAll({ bucket: names.bucket("assets"), prefix: `${address}.` }),
          await removeAll({ bucket: scratch, prefix: `${address}.` }),
        ]);
      counts.push(...(await eachOf([...new Set(addresses)], ofAddress)));
      return sum(counts);
    },
    walkBrought: () => walkBrought(store, names.bucket("masters")),
    statMaster: (master) => store.statObject({ bucket: names.bucket("masters"), name: master }),
    removeMaster: (master, seen) =>
      removeUnchanged(store, { bucket: names.bucket("masters"), name: master }, seen),
  };
}

/** Where they are, whatever they were asked for by. */
function namesOfRequests(trackId: string, requests: readonly string[]): string[] {
  const causes = ["replay", "backfill"] as const;
  return requests.flatMap((requestId) =>
    causes.map((cause) => requestObjectName({ requestId, trackId, cause })),
  );
}

/** False: it has changed since it was seen. */
async function removeUnchanged(store: ObjectStore, ref: ObjectRef, seen: ObjectStat): Promise<boolean> {
  const { generation, metageneration } = seen;
  try {
    await store.deleteObject(ref, { ifUnchanged: { generation, metageneration } });
    return true;
  } catch (error) {
    if (error instanceof PreconditionFailedError) return false;
    throw error;
  }
}

async function* walkBrought(store: ObjectStore, bucket: string): ReturnType<Deletions["walkBrought"]> {
  for await (const { name, metadata } of store.walkObjects({ bucket, prefix: "" })) {
    const brought = TrackId.safeParse(metadata[broughtForKey]);
    if (brought.success) yield { master: name, trackId: brought.data };
  }
}

/** What a key stood for goes; that it stood for something stays, or a client that asks again would make the track anew. */
async function forgetKey(
  store: ObjectStore,
  bucket: string,
  trackId: string,
  digest: string,
): Promise<number> {
  const claim = { bucket, name: keyedObjectName(digest, "request") };
  if (await store.statObject(claim))
    await replaceObject(store, claim, { v: 1, request: deletedClaim, plan: { trackId } });
  return Number(await store.deleteObject({ bucket, name: keyedObjectName(digest, "answer") }));
}

async function eachOf<T>(all: readonly T[], work: (one: T) => Promise<number>): Promise<number[]> {
  const counts: number[] = [];
  for (let from = 0; from < all.length; from += atOnce)
    counts.push(...(await Promise.all(all.slice(from, from + atOnce).map(work))));
  return counts;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
