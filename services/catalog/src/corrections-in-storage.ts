/** What people have said of tracks, taken in from where it is safe: for a database that has not heard of it. */
import { type CorrectionObjects, unlessUnreadable } from "@segue/artifacts";
import { keepCorrection, type Pool } from "@segue/catalog-db";
import type { Names } from "@segue/chain";
import { Correction } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { readJsonIfAny } from "./parse-asked.ts";

/** Of tracks that were found in storage. @returns how many there were. */
export async function takeInCorrections(
  { pool, corrections }: { readonly pool: Pool; readonly corrections: CorrectionObjects },
  trackIds: readonly string[],
): Promise<number> {
  let count = 0;
  for (const trackId of trackIds) {
    const walk = corrections.walk(trackId);
    for (;;) {
      // What is no correction of this release, or of any, holds up nothing; a rebuild counts it.
      const next = await unlessUnreadable(() => walk.next());
      if (next === undefined || next.done) break;
      await keepCorrection(pool, next.value, { tells: true });
      count += 1;
    }
  }
  return count;
}

/** By the names of their objects. @returns how many are none of this release's, or of tracks that are not there. */
export async function readCorrectionObjects(
  { pool, store, names: of }: { readonly pool: Pool; readonly store: ObjectStore; readonly names: Names },
  names: readonly string[],
): Promise<number> {
  const bucket = of.bucket("records");
  const read = await Promise.all(names.map((name) => readJsonIfAny(store, { bucket, name })));
  let unreadable = 0;
  for (const json of read) {
    const { data } = Correction.safeParse(json);
    const kept = data && (await keepCorrection(pool, data, { tells: false }));
    if (kept === undefined || kept === "unknown") unreadable += 1;
  }
  return unreadable;
}
