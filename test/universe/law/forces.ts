import type { Chain } from "@segue/chain";
import { type ArtifactRecord, isMadeFor, type StepSpec } from "@segue/contracts";
import type { Cloud } from "../world/cloud.ts";
import type { Report } from "./breach.ts";
import type { Expectations } from "./expectations.ts";
import { listRequests } from "./read-message.ts";

type Records = ReadonlyMap<string, readonly ArtifactRecord[]>;

/**
 * What a replay forces has been made for it, as the records in storage tell: its step at whatever release got it, and well or badly. Nobody
 * can make what is made of something that has failed.
 *
 * @param masters of tracks.
 */
export function judgeForces(
  { objects }: Cloud,
  records: Records,
  masters: ReadonlyMap<string, string>,
  { expectations, chain }: { readonly expectations: Expectations; readonly chain: Chain<StepSpec> },
  report: Report,
): void {
  for (const { requestId, trackId, wants, force } of listRequests(objects, "replay")) {
    const recordsOf = (step: string) =>
      expectations
        .addressesOf(masters.get(trackId) ?? "", step)
        .flatMap((address) => records.get(address) ?? []);
    const isFailed = (step: string) => recordsOf(step).some(({ outcome }) => outcome.status === "failed");
    for (const step of force) {
      if (!wants.includes(step)) continue;
      if (recordsOf(step).some((record) => isMadeFor(record, requestId))) continue;
      if ([...chain.ancestorsOf(chain.step(step))].some(({ name }) => isFailed(name))) continue;
      report(
        "what is forced is made",
        `the replay ${requestId} of track ${trackId} forces ${step}, and nothing was made for it`,
      );
    }
  }
}
