// The checks must be able to fail: each is shown an account with one thing wrong.
import type { Change } from "@segue/contracts";
import { expect, test } from "vitest";
import { checkFeed, type ToldTrack } from "./check-feed.ts";

const id = "01900000-0000-7000-8000-000000000000";
const track: ToldTrack = { id, state: "done", attempts: [{ step: "encode", status: "succeeded" }] };
const change = (number: number, type: string, state: string, step: string | null = null): Change => ({
  ...{ cursor: `c${number}`, type, trackId: id, requestId: id, at: "2020-01-01T00:00:00.000Z" },
  ...{ state, step, code: null },
});
const accepted = change(1, "track.accepted", "accepted");
const stepped = change(2, "step.succeeded", "done", "encode");
const done = change(3, "track.done", "done");
const good = [accepted, stepped, done];

function violations(
  feed: readonly Change[],
  { heard = feed, tracks = [track] }: { heard?: readonly Change[]; tracks?: readonly ToldTrack[] } = {},
): string[] {
  const whole = { changes: [...feed], reconnects: 0, failure: undefined };
  const checks = checkFeed(feed, { pages: { ...whole, changes: [...heard] }, stream: whole }, tracks);
  return checks.flatMap((check) => check.violations);
}

test("what is told once and heard once violates nothing", () => {
  expect(violations(good)).toEqual([]);
  const again = [change(4, "track.reopened", "processing"), change(5, "track.done", "done")];
  expect(violations([...good, ...again])).toEqual([]);
});

test.each<[string, readonly Change[], RegExp]>([
  ["a change that was missed", [accepted, done], /step.succeeded of .* was not heard/],
  ["one that was heard twice", [accepted, stepped, stepped, done], /heard twice/],
  ["another order", [stepped, accepted, done], /change 0 was heard as/],
  ["another change", [accepted, { ...stepped, code: "starved" }, done], /change 1 was heard as/],
])("%s is found", (_what, heard, expected) => {
  expect(violations(good, { heard })).toEqual([expect.stringMatching(expected)]);
});

test.each<[string, readonly Change[], RegExp]>([
  ["an end that was told twice", [...good, change(4, "track.done", "done")], /track.done was told twice/],
  ["an end that was not told", [accepted, stepped], /last end was told as none; it is done/],
  ["an attempt that was not told", [accepted, done], /attempts were told as ; there are encode succeeded/],
  ["a track that was accepted twice", [accepted, ...good], /told 2 times that it was accepted/],
  ["a step before its track", [stepped, accepted, done], /step.succeeded was told before/],
  [
    "a track that was reopened before its end",
    [accepted, stepped, change(4, "track.reopened", "accepted"), done],
    /reopened before its end/,
  ],
])("%s is found", (_what, feed, expected) => {
  expect(violations(feed)).toEqual(expect.arrayContaining([expect.stringMatching(expected)]));
});

test("a track that the feed does not know, and one that nobody else does, are found", () => {
  expect(violations(good, { tracks: [track, { ...track, id: id.replace("01", "02") }] }).join()).toMatch(
    /told 0 times that it was accepted/,
  );
  expect(violations(good, { tracks: [] })).toEqual([`${id} is of no track`]);
});
