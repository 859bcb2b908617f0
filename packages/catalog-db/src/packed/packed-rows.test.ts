import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import type { AttemptRow, KeptArtifact, RequestRow } from "../rows.ts";
import { mergeArtifacts, packArtifacts, unpackArtifacts } from "./pack-artifacts.ts";
import { PackedRowsError, packTables, unpackTables } from "./pack-tables.ts";
import { packTrack, unpackTrack } from "./pack-track.ts";

const trackId = "01890000-0000-7000-8000-000000000001";
const otherId = "01890000-0000-7000-8000-000000000002";
const address = (digit: string) => digit.repeat(64);

const attempt = (changes: Partial<AttemptRow> = {}): AttemptRow => ({
  track_id: trackId,
  request_id: trackId,
  step: "tempo",
  address: address("a"),
  started_at: "2026-01-01T00:00:01.050Z",
  worker: "host:1",
  version: 3,
  kind: "tempo",
  outputs: null,
  status: "succeeded",
  how: "computed",
  error_code: null,
  error_message: null,
  error_words: null,
  finished_at: "2026-01-01T00:00:02.000Z",
  duration_ms: 950.25,
  cpu_ms: 214.731,
  gpu_ms: null,
  earlier: null,
  delivery_attempt: 1,
  tools: { ffmpeg: "7.1" },
  underlying: null,
  ...changes,
});

const request = (changes: Partial<RequestRow> = {}): RequestRow => ({
  track_id: trackId,
  request_id: trackId,
  cause: "submission",
  owner: "default",
  targets: ["tempo"],
  wants: ["decode", "tempo"],
  force: [],
  versions: {},
  priority: "live",
  backfill_id: null,
  addresses: null,
  requested_at: "2026-01-01T00:00:00.000Z",
  ...changes,
});

const artifact = (changes: Partial<KeptArtifact> = {}): KeptArtifact => ({
  address: address("a"),
  kind: "tempo",
  step: "tempo",
  version: 3,
  master: address("1"),
  facts: { bpm: 120.5, beatsSec: Array.from({ length: 300 }, (_, n) => n / 8) },
  payload: null,
  seen_at: "2026-01-01T00:00:02.000Z",
  failed: false,
  recipe: "b".repeat(20),
  ...changes,
});

test("a track's rows come back as they were, and what holds is among them", () => {
  const requests = [
    request(),
    request({ request_id: otherId, cause: "replay", addresses: { tempo: address("a") }, versions: { a: 2 } }),
  ];
  const error_words = { family: "track", meaning: "m", remedy: "r" } as const;
  const attempts = [
    attempt({ status: "failed", error_code: "not-audio", error_message: "no", error_words, tools: null }),
    attempt({ request_id: null, started_at: "2026-01-01T00:00:03.000Z", cpu_ms: null }),
    attempt({
      ...{ request_id: otherId, step: "cleave", outputs: { dust: address("c") }, how: "skipped" },
      underlying: { code: "timeout", message: "late", attempts: 3 },
      earlier: [{ worker: "host:2", startedAt: "2026-01-01T00:00:00.000Z", durationMs: 9 }],
    }),
  ];
  const packed = { requests, attempts, holding: attempts.slice(1) };
  expect(unpackTrack(trackId, packTrack(trackId, packed))).toEqual(packed);
});

test("a track without anything is one without anything", () => {
  const nothing = { requests: [], attempts: [], holding: [] };
  expect(unpackTrack(trackId, packTrack(trackId, nothing))).toEqual(nothing);
});

test("an instant that is more exact than a millisecond is kept as it is", () => {
  const exact = attempt({ started_at: "2026-01-01T00:00:01.050001+00:00" });
  const { attempts } = unpackTrack(
    trackId,
    packTrack(trackId, { requests: [], attempts: [exact], holding: [] }),
  );
  expect(attempts).toEqual([exact]);
  // As Postgres writes it, whatever the session's time zone is.
  const zoned = attempt({ started_at: "2026-01-01T01:00:01.05+01:00" });
  const back = unpackTrack(trackId, packTrack(trackId, { requests: [], attempts: [zoned], holding: [] }));
  expect(back.attempts).toEqual([attempt()]);
});

test("what holds has to be among the attempts", () => {
  expect(() => packTrack(trackId, { requests: [], attempts: [], holding: [attempt()] })).toThrow(TypeError);
});

test("a master's artifacts come back as they were, in the order of their addresses", () => {
  const payload = { bucket: "b", name: "n", sizeBytes: 7, crc32c: "AAAAAA==", contentType: "audio/mp4" };
  const rows = [
    artifact({ address: address("c"), kind: "aac", payload, facts: null }),
    artifact(),
    artifact({ address: address("b"), kind: "key", facts: null, failed: true, recipe: "c".repeat(20) }),
  ];
  const { body, states } = packArtifacts(rows);
  const back = unpackArtifacts(address("1"), states.states.toReversed(), body);
  expect(back).toEqual([rows[1], rows[2], rows[0]]);
  // The same artifacts are the same set, whatever their facts are.
  const others = rows.map((row) => ({ ...row, address: row.address.replace(/^./, "d"), facts: { a: 1 } }));
  expect(packArtifacts(others.toReversed()).states).toEqual(states);
  expect(packArtifacts(rows.slice(1)).states.id).not.toBe(states.id);
});

test("of several accounts of an artifact the one holds that would hold in the table", () => {
  const [early, late] = [artifact(), artifact({ seen_at: "2026-01-02T00:00:00.000Z", facts: { bpm: 1 } })];
  const failure = artifact({ failed: true, facts: null, seen_at: "2026-01-03T00:00:00.000Z" });
  expect(mergeArtifacts([early], [late])).toEqual([late]);
  expect(mergeArtifacts([late], [early])).toEqual([late]);
  expect(mergeArtifacts([failure], [early])).toEqual([early]);
  expect(mergeArtifacts([early], [failure])).toEqual([early]);
  expect(mergeArtifacts([early], [{ ...late, recipe: null }])).toEqual([late]);
});

test("what a younger release has packed, or nobody has, is an error that says so", () => {
  const body = packTables({ rows: [{ a: 1 }] });
  expect(unpackTables(body)).toEqual({ rows: [{ a: 1 }] });
  expect(() => unpackTables(Buffer.concat([Buffer.of(2), body.subarray(1)]))).toThrow(PackedRowsError);
  expect(() => unpackTables(Buffer.of())).toThrow(/format 1, got nothing/);
  expect(() => unpackTables(Buffer.concat([Buffer.of(1), deflateRawSync("no JSON")]))).toThrow(
    PackedRowsError,
  );
  expect(() => unpackTables(body.subarray(0, body.length - 4))).toThrow(PackedRowsError);
});
