import { isDeepStrictEqual } from "node:util";
import type { KeptArtifact } from "@segue/catalog-db";
import type { ArtifactRecord } from "@segue/contracts";
import type { Report } from "./breach.ts";
import type { TrackRow } from "./read-catalog.ts";

/** What was made at an address, as its record tells. */
interface Made {
  readonly facts: unknown;
  readonly payload: unknown;
}

/**
 * The facts and the payload that the catalog has of what holds for a track are those that storage has at that address.
 *
 * @param kept the catalog's own, by address.
 */
export function judgeArtifacts(
  { id, outcomes }: TrackRow,
  records: ReadonlyMap<string, readonly ArtifactRecord[]>,
  kept: ReadonlyMap<string, KeptArtifact>,
  report: Report,
): void {
  for (const { step, status, address } of outcomes) {
    if (status !== "succeeded" || address === null) continue;
    const made = (records.get(address) ?? []).map(madeBy);
    const addresses = new Set(made.flatMap((each) => [...each.keys()]));
    for (const at of addresses) {
      const row = kept.get(at);
      const known = made.flatMap((each) => each.get(at) ?? []);
      const isSame = ({ facts, payload }: Made) =>
        isDeepStrictEqual(row?.facts, facts) && isDeepStrictEqual(row?.payload, payload);
      if (!known.some(isSame))
        report(
          "results are right",
          `of ${step} of track ${id} the catalog has ${tell(row)} at ${at}, and storage ${known.map(tell).join(" or ")}`,
        );
    }
  }
}

/** By address: of a step with several outputs, each at its own. */
function madeBy({ address, outcome, outputs }: ArtifactRecord): ReadonlyMap<string, Made> {
  if (outcome.status === "failed") return new Map();
  if (!outputs) return new Map([[address, outcome]]);
  return new Map(
    Object.entries(outputs).flatMap(([kind, at]) => {
      const made = outcome.outputs?.[kind];
      return made ? [[at, made] as const] : [];
    }),
  );
}

function tell(made: Partial<Made> | undefined): string {
  return JSON.stringify(made && { facts: made.facts, payload: made.payload }) ?? "nothing";
}
