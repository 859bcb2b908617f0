import { acceptedAtMs, lowestTrackId, readSortingId, seriesPrefixes } from "@segue/contracts";
import { type IntroduceOptions, introduceObjects } from "./introduce-objects.ts";

/** From an instant, included, to another one. */
export interface Span {
  readonly from: Date;
  readonly to: Date;
}

/** How far a step came. */
export interface Swept {
  /** The end of the span, or an instant before, from which to go on. */
  readonly reached: Date;
  /** Names of objects before it that this release could not take in. */
  readonly unread: readonly string[];
}

/** Names of each series that are looked at in one step, unless that comes no further. */
const stepNames = 1_000;
/** Introduced in one go. */
const batchObjects = 500;

/**
 * One step through what storage keeps of what clients asked for, in the order of time: tells the catalog of accepted tracks, replays and
 * backfills that it has not heard of, those whose object was written and whose announcement was not.
 */
export async function sweepObjects(
  options: IntroduceOptions,
  { from, to }: Span,
  limit: number = stepNames,
): Promise<Swept> {
  const bucket = options.names.bucket("records");
  const end = lowestTrackId(to);
  const found: { readonly name: string; readonly id: string }[] = [];
  let reached = to;
  for (const prefix of seriesPrefixes) {
    let count = 0;
    for await (const { name } of options.store.walkObjects(
      { bucket, prefix },
      { startAfter: `${prefix}${lowestTrackId(from)}` },
    )) {
      const id = readSortingId(name);
      if (id === undefined) continue;
      if (id >= end) break;
      if (count === limit) {
        reached = new Date(Math.min(reached.getTime(), acceptedAtMs(id)));
        break;
      }
      count += 1;
      found.push({ name, id });
    }
  }
  // More of one instant than a step holds.
  if (reached <= from && from < to) return sweepObjects(options, { from, to }, 2 * limit);
  const until = lowestTrackId(reached);
  const names = found.flatMap(({ name, id }) => (id < until ? [name] : []));
  const unread: string[] = [];
  for (let start = 0; start < names.length; start += batchObjects)
    unread.push(...(await introduceObjects(options, names.slice(start, start + batchObjects))));
  return { reached, unread };
}

/** All of them, however many. */
export async function sweepAll(options: IntroduceOptions, span: Span): Promise<void> {
  for (let { from } = span; from < span.to; )
    from = (await sweepObjects(options, { from, to: span.to })).reached;
}
