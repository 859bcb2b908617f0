// Two releases are always at work at once: during every deployment, and whenever an object outlives the one that wrote it.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import {
  ArtifactReady,
  ArtifactRecord,
  BackfillEnded,
  BackfillRequested,
  BackfillSteered,
  DeadLettered,
  PingAnswered,
  priorityOf,
  Request,
  readKnown,
  StepDescription,
  StepOutcome,
  Task,
  TrackAccepted,
  TrackHistory,
  TrackList,
  TrackResource,
  wordsOf,
} from "./index.ts";

const readJson = (file: string, release = "97cc8c0"): unknown =>
  JSON.parse(readFileSync(new URL(`./fixtures/release-${release}/${file}`, import.meta.url), "utf8"));
const list = z.array(z.looseObject({}));
/** What that release's worker wrote. */
const written = z
  .object({
    ready: list,
    outcomes: list,
    deadLetters: list,
    pings: list,
    descriptions: list,
    objects: z.record(z.string(), z.looseObject({})),
  })
  .parse(readJson("written.json"));
/** Since facts and tasks are what they are. */
const second = z.object({ facts: list, tasks: list }).parse(readJson("written.json", "b59c677"));
/** Since requests are kept: what clients have asked for, which lies in storage for as long as their tracks. */
const asked = z
  .object({ tracks: list, requests: list, backfills: list, steerings: list, ends: list })
  .parse(readJson("written.json", "5978729"));
const records = Object.entries(written.objects).flatMap(([name, json]) =>
  name.startsWith("records/") ? [json] : [],
);

const kinds: [string, z.ZodType, readonly object[]][] = [
  ["StepOutcome", StepOutcome, written.outcomes],
  ["DeadLettered", DeadLettered, written.deadLetters],
  ["PingAnswered", PingAnswered, written.pings],
  ["StepDescription", StepDescription, written.descriptions],
  ["ArtifactRecord", ArtifactRecord, records],
  ["ArtifactReady", ArtifactReady, second.facts],
  ["Task", Task, second.tasks],
  ["TrackAccepted", TrackAccepted, asked.tracks],
  ["Request", Request, asked.requests],
  ["BackfillRequested", BackfillRequested, asked.backfills],
  ["BackfillSteered", BackfillSteered, asked.steerings],
  ["BackfillEnded", BackfillEnded, asked.ends],
];
const formOf = (json: object) => z.object({ v: z.int() }).parse(json).v;

test.each(kinds)("every %s of the last release is read", (_name, schema, all) => {
  expect(all.length).toBeGreaterThan(0);
  for (const json of all) expect(readKnown(schema, json)).toMatchObject({ v: formOf(json) });
});

test.each(kinds)(
  "a %s with fields of a younger release is read as if they were not there",
  (_n, schema, all) => {
    for (const json of all) {
      const younger = { ...json, tomorrow: { deep: [1] } };
      expect(readKnown(schema, younger)).toEqual(readKnown(schema, json));
    }
  },
);

test.each(kinds)(
  "a %s of a later form is not malformed: this release is too old for it",
  (_n, schema, all) => {
    for (const json of all) {
      const younger = { ...json, v: 9, record: "of another shape" };
      expect(() => readKnown(schema, younger)).toThrow(expect.objectContaining({ code: "worker-outdated" }));
      expect(() => readKnown(schema, { ...json, v: String(formOf(json)) })).toThrow(z.ZodError);
    }
  },
);

test("the last release's reader reads what this release writes of each", () => {
  const schemas = z.record(z.string(), z.looseObject({}));
  const last = {
    ...schemas.parse(readJson("schemas.json")),
    ...schemas.parse(readJson("schemas.json", "b59c677")),
    ...schemas.parse(readJson("schemas.json", "5978729")),
  };
  for (const [name, schema, all] of kinds) {
    const reader = z.fromJSONSchema(last[name] as Parameters<typeof z.fromJSONSchema>[0]);
    for (const json of all)
      expect(reader.safeParse(z.encode(schema, readKnown(schema, json) as never)).error).toBeUndefined();
    // A reader that took anything would prove nothing.
    expect(reader.safeParse({ ...all[0], type: "Other", v: 9 }).success).toBe(false);
  }
});

test("which programs an attempt worked with is told to this release, and in the way of no reader of the last", () => {
  const [, attempted] = written.outcomes;
  const made = { ffmpeg: "5.1" };
  const [outcome] = written.outcomes.map((json) => {
    const attempt = z.looseObject({}).parse(json.attempt);
    const earlier = [{ worker: "w", startedAt: "2026-01-01T00:00:00.000Z", durationMs: 1, tools: made }];
    return { ...json, attempt: { ...attempt, tools: made, earlier } };
  });
  const read = readKnown(StepOutcome, outcome);
  expect(read.attempt).toMatchObject({ tools: made, earlier: [{ tools: made }] });
  expect(readKnown(StepOutcome, attempted).attempt.tools).toBeUndefined();
  const last = z.record(z.string(), z.looseObject({})).parse(readJson("schemas.json"));
  const reader = z.fromJSONSchema(last.StepOutcome as Parameters<typeof z.fromJSONSchema>[0]);
  expect(reader.safeParse(z.encode(StepOutcome, read)).error).toBeUndefined();
});

const failed = (error: object) => ({
  ...written.outcomes[0],
  outcome: { status: "failed", error },
});

test("a code that is not known here is read, with the words that came with it", () => {
  const young = { code: "drm-protected", message: "enca", family: "permanent", meaning: "M", remedy: "R" };
  const { outcome } = readKnown(StepOutcome, failed(young));
  expect(outcome).toEqual({ status: "failed", error: young });
  expect(wordsOf(young)).toEqual({ family: "permanent", meaning: "M", remedy: "R" });
  // Of last release's failures the catalogue knows the words; of others nobody does, and they may pass.
  expect(wordsOf({ code: "not-audio" }).family).toBe("permanent");
  expect(wordsOf({ code: "drm-protected", family: "moon-phase" })).toMatchObject({
    family: "transient",
    meaning: expect.stringMatching(/said no more/),
  });
});

test("an outcome that ended in a way that is not known here is for a younger reader", () => {
  const json = { ...written.outcomes[0], outcome: { status: "superseded", by: "x" } };
  expect(() => readKnown(StepOutcome, json)).toThrow(/outcome.status: "superseded"/);
  const steered = {
    v: 1,
    type: "BackfillSteered",
    backfillId: written.ready[0]?.trackId,
    action: "postpone",
  };
  const at = "2026-01-01T00:00:00.000Z";
  expect(() => readKnown(BackfillSteered, { ...steered, at })).toThrow(/action: "postpone"/);
  expect(() => readKnown(BackfillSteered, { ...steered, at: "noon" })).toThrow(z.ZodError);
});

test("a fact of the first edition is none of this one's, and none that it is too old for", () => {
  for (const json of written.ready) expect(() => readKnown(ArtifactReady, json)).toThrow(z.ZodError);
  const fact = { v: 3, type: "ArtifactReady", record: "of another shape" };
  expect(() => readKnown(ArtifactReady, fact)).toThrow(expect.objectContaining({ code: "worker-outdated" }));
});

test("whatever is not live waits, and how a result came about is told as it is", () => {
  expect(priorityOf({ priority: "whenever" })).toBe("backfill");
  expect(readKnown(StepOutcome, { ...written.outcomes[0], how: "borrowed" }).how).toBe("borrowed");
});

test("what the API of an earlier release answered of a track is read: a field that came since has a default, or is optional", () => {
  const { track } = z.object({ track: z.looseObject({}) }).parse(readJson("answered.json", "187da74"));
  const read = TrackResource.parse(track);
  expect(read).toMatchObject(track);
  expect(read.steps.every(({ status }) => status === "succeeded")).toBe(true);
  expect(Object.keys(read.results)).toContain("tempo");
  // A reader that took anything would prove nothing.
  expect(TrackResource.safeParse({ ...track, steps: undefined }).success).toBe(false);
});

test("a page of tracks and a history with states, codes and events of a younger API are read", () => {
  const track = {
    id: written.ready[0]?.trackId,
    url: "/t",
    state: "cancelled",
    summary: "by its owner",
    title: null,
    fileName: null,
    acceptedAt: "2026-01-01T00:00:00.000Z",
    finishedAt: null,
    latencyMs: null,
    steps: [{ step: "decode", status: "cancelled", code: "drm-protected" }],
  };
  expect(TrackList.parse({ tracks: [track], nextCursor: null }).tracks[0]?.state).toBe("cancelled");
  const event = { at: track.acceptedAt, kind: "cancelled", detail: "" };
  const letter = { step: "decode", code: "drm-protected", message: "", story: [], at: track.acceptedAt };
  const history = { id: "x", attempts: [], events: [event], deadLetters: [letter] };
  expect(TrackHistory.parse(history).deadLetters[0]?.code).toBe("drm-protected");
});

test("a description with an accelerator and a retention of tomorrow still tells servers of its step", () => {
  const [description] = written.descriptions;
  const produces = { name: "text", retention: "forever", payload: null };
  const read = readKnown(StepDescription, { ...description, accelerator: "tpu", produces });
  expect(read).toMatchObject({ accelerator: null, errors: [] });
  expect(read.produces.retention).toBe("derivative");
});
