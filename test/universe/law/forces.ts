import type { Chain } from "@segue/chain";
import { isMadeFor, type StepSpec } from "@segue/contracts";
import type { Clients } from "../play/clients.ts";
import type { Cloud } from "../world/cloud.ts";
import type { Expectations } from "./expectations.ts";
import { mastersOf } from "./masters.ts";
import type { ToldOutcomes } from "./ownership.ts";
import { listRequests } from "./read-message.ts";
import { readRecords } from "./read-records.ts";

interface Forced {
  readonly expectations: Expectations;
  readonly chain: Chain<StepSpec>;
  readonly told: ToldOutcomes;
}

/** So far apart clocks may be after they have jumped. */
const clocksApartMs = 10_000;

/**
 * What replays force and nothing has been made for: with its step at whatever release gets it, and well or badly, as the records in storage
 * tell. Nobody can make what is made of something that has failed; and what was worked at since it was asked for, for whomever, is as new.
 */
export function listUnmade(cloud: Cloud, clients: Clients, { expectations, chain, told }: Forced): string[] {
  const masters = mastersOf(clients);
  const records = readRecords(cloud);
  return listRequests(cloud.objects, "replay").flatMap(
    ({ requestId, trackId, wants, force, requestedAt }) => {
      const recordsOf = (step: string) =>
        expectations
          .addressesOf(masters.get(trackId) ?? "", step)
          .flatMap((address) => records.get(address) ?? []);
      const isFailed = (step: string) => recordsOf(step).some(({ outcome }) => outcome.status === "failed");
      const isUnmade = (step: string) =>
        wants.includes(step) &&
        told.workedAtMs(trackId, step) < Date.parse(requestedAt) - clocksApartMs &&
        !recordsOf(step).some((record) => isMadeFor(record, requestId)) &&
        ![...chain.ancestorsOf(chain.step(step))].some(({ name }) => isFailed(name));
      return force
        .filter(isUnmade)
        .map(
          (step) => `the replay ${requestId} of track ${trackId} forces ${step}, and nothing was made for it`,
        );
    },
  );
}
