import { isDeepStrictEqual } from "node:util";
import type { Change } from "@segue/contracts";
import type { HeardChanges } from "./feed-reader.ts";
import type { Check } from "./invariants.ts";

/** What the catalog knows of a track, of which the feed has told. */
export interface ToldTrack {
  readonly id: string;
  readonly state: string;
  /** Each attempt of a step that was heard of. */
  readonly attempts: readonly { readonly step: string; readonly status: string }[];
}

/** @param feed as it is read from its start, in the end. */
export function checkFeed(
  feed: readonly Change[],
  heard: { readonly pages: HeardChanges; readonly stream: HeardChanges },
  tracks: readonly ToldTrack[],
): Check[] {
  return [
    checkHeard("who follows the feed by pages misses and hears twice nothing", feed, heard.pages),
    checkHeard("who follows it as a stream, neither", feed, heard.stream),
    {
      name: "the feed tells each thing that has happened to a track once, in its order",
      looked: `${feed.length} changes of ${tracks.length} tracks`,
      violations: checkTold(feed, tracks),
    },
  ];
}

/** The first place at which two accounts part says most. */
function checkHeard(
  name: string,
  feed: readonly Change[],
  { changes, reconnects, failure }: HeardChanges,
): Check {
  const violations: string[] = failure === undefined ? [] : [`it could not go on: ${failure}`];
  const seen = new Set<string>();
  for (const { cursor, type, trackId } of changes) {
    if (seen.has(cursor)) violations.push(`${type} of ${trackId} was heard twice`);
    seen.add(cursor);
  }
  for (const { cursor, type, trackId } of feed)
    if (!seen.has(cursor)) violations.push(`${type} of ${trackId} was not heard`);
  const at = feed.findIndex((change, index) => !isDeepStrictEqual(change, changes[index]));
  if (violations.length === 0 && (at >= 0 || changes.length > feed.length))
    violations.push(
      `change ${at} was heard as ${JSON.stringify(changes[at])}, it is ${JSON.stringify(feed[at])}`,
    );
  return { name, looked: `${changes.length} changes over ${reconnects} reconnects`, violations };
}

function checkTold(feed: readonly Change[], tracks: readonly ToldTrack[]): string[] {
  const cursors = new Set(feed.map(({ cursor }) => cursor));
  const changesOf = Map.groupBy(feed, ({ trackId }) => trackId);
  const known = new Set(tracks.map(({ id }) => id));
  return [
    ...(cursors.size === feed.length
      ? []
      : [`${feed.length - cursors.size} changes have the cursor of another`]),
    ...[...changesOf.keys()].filter((id) => !known.has(id)).map((id) => `${id} is of no track`),
    ...tracks.flatMap((track) =>
      checkTrack(track, changesOf.get(track.id) ?? []).map((wrong) => `${track.id}: ${wrong}`),
    ),
  ];
}

const ends = new Map([
  ["track.done", "done"],
  ["track.partial", "partial"],
  ["track.failed", "failed"],
]);

function checkTrack({ state, attempts }: ToldTrack, changes: readonly Change[]): string[] {
  const violations = checkTurns(changes, state);
  const told = changes.flatMap(({ type, step }) =>
    type.startsWith("step.") ? [`${step} ${type.slice(5)}`] : [],
  );
  const expected = attempts.map(({ step, status }) => `${step} ${status}`);
  if (!isDeepStrictEqual(told.toSorted(), expected.toSorted()))
    violations.push(`attempts were told as ${told.join(", ")}; there are ${expected.join(", ")}`);
  return violations;
}

/** Taken in first, and once; an end that is not the one it had, or that was left since; and the last of them is where it is. */
function checkTurns(changes: readonly Change[], state: string): string[] {
  const violations: string[] = [];
  const accepted = changes.filter(({ type }) => type === "track.accepted").length;
  if (accepted !== 1) violations.push(`it was told ${accepted} times that it was accepted`);
  if (changes.length > 0 && changes[0]?.type !== "track.accepted")
    violations.push(`${changes[0]?.type} was told before it was accepted`);
  let end: string | undefined;
  for (const { type } of changes) {
    const next = ends.get(type);
    if (type === "track.reopened") {
      if (end === undefined) violations.push("it was reopened before its end");
      end = undefined;
    } else if (next !== undefined) {
      if (next === end) violations.push(`${type} was told twice`);
      end = next;
    }
  }
  const ended = [...ends.values()].includes(state) ? state : undefined;
  if (end !== ended) violations.push(`its last end was told as ${end ?? "none"}; it is ${state}`);
  const last = changes.at(-1)?.state;
  if (last !== undefined && last !== state)
    violations.push(`its last change says that it is ${last}; it is ${state}`);
  return violations;
}
