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
  const asked = listRequests(cloud.objects, "replay").flatMap(
    ({ requestId, trackId, wants, force, requestedAt }) =>
      force
        .filter((step) => wants.includes(step))
        .filter((step) => told.workedAtMs(trackId, step) < Date.parse(requestedAt) - clocksApartMs)
        .map((step) => ({ requestId, trackId, step })),
  );
  if (asked.length === 0) return [];
  const masters = mastersOf(clients);
  const records = readRecords(cloud);
  const recordsOf = (trackId: string, step: string) =>
    expectations
      .addressesOf(masters.get(trackId) ?? "", step)
      .flatMap((address) => records.get(address) ?? []);
  return asked
    .filter(({ requestId, trackId, step }) => {
      const isMade = recordsOf(trackId, step).some((record) => isMadeFor(record, requestId));
      const isBlocked = [...chain.ancestorsOf(chain.step(step))].some(({ name }) =>
        recordsOf(trackId, name).some(({ outcome }) => outcome.status === "failed"),
      );
      return !isMade && !isBlocked;
    })
    .map(
      ({ requestId, trackId, step }) =>
        `the replay ${requestId} of track ${trackId} forces ${step}, and nothing was made for it`,
    );
}
