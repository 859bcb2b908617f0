import { TrackResource } from "@segue/contracts";
import { expect, test } from "vitest";
import { checkTrack, checkWork } from "./check-mix.ts";
import type { Mix } from "./make-mix.ts";

const mix: Mix = {
  path: "",
  sizeBytes: 1,
  durationSec: 1_000,
  movements: [
    { startSec: 0, endSec: 600, bpm: 122, key: "A", mode: "minor" },
    { startSec: 600, endSec: 1_000, bpm: 96, key: "C", mode: "major" },
  ],
};
const failed = (checks: readonly { what: string; ok: boolean }[]) =>
  checks.flatMap(({ what, ok }) => (ok ? [] : [what]));

interface Wrong {
  readonly decodedSec?: number;
  readonly bpm?: number;
  readonly secondBpm?: number;
  readonly key?: string;
  readonly curveEndSec?: number;
  readonly aacSec?: number;
}

function finished(wrong: Wrong = {}): TrackResource {
  const {
    decodedSec = 1_000,
    bpm = 122,
    secondBpm = 96,
    key = "A",
    curveEndSec = 1_000,
    aacSec = 1_000,
  } = wrong;
  const starts = Array.from({ length: Math.ceil(curveEndSec / 20) }, (_, index) => index * 20);
  const first = (startSec: number) => startSec < 600;
  const sound = { sampleRateHz: 44_100, channels: 2, warnings: [], hasCover: false };
  const facts = {
    pcm: {
      ...sound,
      codec: "mp3",
      container: "mp3",
      bitDepth: null,
      bitRateKbps: 256,
      sourceSampleRateHz: 44_100,
      sourceChannels: 2,
      channelLayout: "stereo",
      declaredDurationSec: null,
      durationSec: decodedSec,
      sampleCount: 44_100_000,
      tags: {},
    },
    tempo: {
      bpm,
      confidence: 1,
      beatsSec: [],
      alternatives: [],
      curve: starts.map((startSec) => ({ startSec, bpm: first(startSec) ? 122 : secondBpm, confidence: 1 })),
    },
    key: {
      key,
      mode: "minor",
      strength: 1,
      confidence: 1,
      camelot: null,
      openKey: null,
      curve: starts.map((startSec) => ({
        startSec,
        key: first(startSec) ? "A" : "C",
        mode: first(startSec) ? "minor" : "major",
        camelot: null,
        confidence: 1,
      })),
    },
    aac: { ...sound, codec: "aac", bitRateKbps: 128, durationSec: aacSec, sizeBytes: 1 },
  };
  return TrackResource.parse({
    id: "01890000-0000-7000-8000-000000000000",
    url: "/",
    state: "done",
    summary: "done",
    title: null,
    fileName: null,
    acceptedAt: "2026-01-01T00:00:00.000Z",
    finishedAt: "2026-01-01T00:01:00.000Z",
    latencyMs: 60_000,
    source: "upload",
    master: "0".repeat(64),
    sizeBytes: 1,
    targets: ["tempo"],
    steps: [],
    results: Object.fromEntries(
      Object.entries(facts).map(([kind, value]) => [
        kind,
        { address: "0".repeat(64), facts: value, asset: null },
      ]),
    ),
  });
}

test("a mix that came out as it was made passes", () => {
  expect(failed(checkTrack(mix, finished()))).toEqual([]);
});

test.each<[string, Wrong, string[]]>([
  ["half a second of audio lost", { decodedSec: 999.5, aacSec: 999.5 }, ["decoded duration"]],
  ["an AAC that is cut short", { aacSec: 990 }, ["AAC's duration, as encoded"]],
  ["another tempo", { bpm: 96 }, ["tempo"]],
  ["a curve that misses a change of tempo", { secondBpm: 122 }, ["tempo's curve"]],
  ["another key", { key: "E" }, ["key"]],
  [
    "curves that end early",
    { curveEndSec: 900 },
    ["tempo's curve spans the mix", "key's curve spans the mix"],
  ],
])("%s is found", (_what, wrong, expected) => {
  expect(failed(checkTrack(mix, finished(wrong)))).toEqual(expected);
});

test("a track that is not done is found", () => {
  expect(failed(checkTrack(mix, { ...finished(), state: "partial" }))).toEqual(["state"]);
});

test("slow attempts, repeated ones and large workers are found", () => {
  const memory = new Map([
    ["decode", { ownMiB: 200, treeMiB: 300 }],
    ["encode", { ownMiB: 200, treeMiB: 601 }],
  ]);
  const attempts = new Map([
    ["decode", { heldMs: [9_000, 10_000], failures: [] }],
    ["encode", { heldMs: [10_001], failures: ["starved: attempt failed"] }],
  ]);
  const [decode, encode] = ["decode", "encode"].map((name) => ({ name, mostMiB: 600 }));
  if (!decode || !encode) throw new Error("expected both");
  expect(failed(checkWork(attempts, memory, [decode, encode]))).toEqual([
    "attempts of encode",
    "no attempt was repeated",
    "memory of encode",
  ]);
  expect(failed(checkWork(new Map(), new Map(), [decode]))).toEqual(["memory of decode"]);
});
