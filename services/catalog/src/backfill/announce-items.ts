import { blockOf, hasMaster, Master, type Request } from "@segue/contracts";
import type { UnderWayRow } from "./backfill-rows.ts";
import type { DrivenBackfill } from "./driven-backfills.ts";
import type { DriverParts } from "./driver-parts.ts";
import type { Item } from "./plan-item.ts";

/** Requests to storage and queue, side by side. */
const requestsAtOnce = 16;

export async function sideBySide<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let from = 0; from < items.length; from += requestsAtOnce)
    done.push(...(await Promise.all(items.slice(from, from + requestsAtOnce).map(work))));
  return done;
}

/** Where another catalog has planned the item before, and died, what that has asked for holds. */
export async function keepItem({ requests }: DriverParts, { request, runs }: Item): Promise<Item> {
  const held = await requests.create(request);
  return {
    request: held,
    runs: Object.fromEntries(Object.entries(runs).filter(([step]) => held.wants.includes(step))),
  };
}

/** It asks for the same work, and not for more of it. */
export async function announceAgain(
  parts: DriverParts,
  backfill: DrivenBackfill,
  track: UnderWayRow,
): Promise<void> {
  const request = await parts.requests.read({ ...track, cause: "backfill" });
  if (request) return announce(parts, backfill, request);
  const failures = track.steps.map((step) => ({ step, code: "request-gone" }));
  await parts.rows.settle(backfill.id, [{ trackId: track.trackId, failures }]);
}

export async function announce(
  parts: DriverParts,
  backfill: DrivenBackfill,
  request: Request,
): Promise<void> {
  const { artifacts, tracks, publisher } = parts;
  if (hasMaster(request)) {
    const record = await artifacts.readRecord(Master, request.master);
    if (record) return publisher.fact(record, blockOf(request));
  } else {
    const track = await tracks.read(request.trackId);
    if (track) return publisher.fetch({ source: track.source, request });
  }
  const failures = [{ step: Master.name, code: "source-not-found" }];
  await parts.rows.settle(backfill.id, [{ trackId: request.trackId, failures }]);
}
