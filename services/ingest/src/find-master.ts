import { Master, type PayloadRef } from "@segue/contracts";
import type { ApiContext } from "./api-context.ts";
import { ProblemError } from "./problem-error.ts";

/** Where a track's master lies. @throws {ProblemError} `not-found` if it is gone, or not there yet. */
export async function findMaster(
  { store, names }: Pick<ApiContext, "store" | "names">,
  { master }: { readonly master: string | null },
): Promise<PayloadRef> {
  if (master === null)
    throw new ProblemError("not-found", "the track has no master: its source has not been fetched");
  const ref = { bucket: names.bucket("masters"), name: master };
  const stat = await store.statObject(ref);
  if (!stat) throw new ProblemError("not-found", `the master ${master} is gone from storage`);
  const { sizeBytes, crc32c } = stat;
  return { ...ref, sizeBytes, crc32c, contentType: Master.payload.contentType };
}
