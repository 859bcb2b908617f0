// The checks must be able to fail: each is shown a run with one thing wrong.
import type { ArtifactRecord, TrackAccepted } from "@segue/contracts";
import { expect, test } from "vitest";
import { checkInvariants, type RunState } from "./invariants.ts";
import { names } from "./object-state.ts";

const master = "a".repeat(64);
const address = "b".repeat(64);
const id = "01900000-0000-7000-8000-000000000000";
const updatedAt = new Date(0);
const stat = {
  sizeBytes: 3,
  generation: "1",
  metageneration: "1",
  contentType: undefined,
  contentEncoding: undefined,
  updatedAt,
  metadata: {},
};
const payload = {
  bucket: names.bucket("assets"),
  name: `${address}.m4a`,
  sizeBytes: 3,
  crc32c: "AAAAAA==",
  contentType: "audio/mp4",
};
const record: ArtifactRecord = {
  v: 1,
  address,
  kind: "aac",
  step: { name: "encode", version: 1 },
  inputs: {},
  outcome: { status: "succeeded", facts: { codec: "aac" }, payload },
  attempt: null,
};
const acceptedTrack: TrackAccepted = {
  v: 1,
  type: "TrackAccepted",
  trackId: id,
  master,
  sizeBytes: 3,
  fileName: null,
  title: null,
  source: "upload",
  request: {
    v: 1,
    type: "Request",
    requestId: id,
    owner: "default",
    trackId: id,
    master,
    cause: "submission",
    targets: ["aac"],
    wants: ["encode"],
    force: [],
    versions: {},
    addresses: { aac: address },
    priority: "live",
    backfillId: null,
    requestedAt: "2020-01-01T00:00:00.000Z",
  },
  acceptedAt: "2020-01-01T00:00:00.000Z",
  job: null,
};

function goodRun(): RunState {
  return {
    catalog: {
      tracks: [{ id, master, state: "done", wants: ["encode"], tookMs: 10 }],
      outcomes: [{ track_id: id, step: "encode", status: "succeeded", address, error_code: null }],
      artifacts: [{ address, kind: "aac", master, facts: { codec: "aac" }, payload }],
      deadLetters: [],
      attempts: [{ track_id: id, step: "encode", status: "succeeded" }],
      repairs: [],
      computed: [{ address, step: "encode", times: 1 }],
    },
    objects: {
      objects: {
        masters: [{ bucket: names.bucket("masters"), name: master, crc32c: "x", ...stat }],
        assets: [{ ...payload, ...stat }],
        records: [{ bucket: names.bucket("records"), name: `${address}.json`, crc32c: "y", ...stat }],
        scratch: [],
        uploads: [],
      },
      records: new Map([[address, record]]),
      accepted: [acceptedTrack],
      digests: new Map([[`${names.bucket("assets")}/${address}.m4a`, "d1"]]),
    },
  };
}

function violated(change: (run: RunState) => RunState, lost: string[] = []): string[] {
  const checks = checkInvariants(change(goodRun()), goodRun(), [id], lost);
  return checks.filter(({ violations }) => violations.length > 0).map(({ name }) => name);
}
const catalog = (run: RunState, change: Partial<RunState["catalog"]>): RunState => ({
  ...run,
  catalog: { ...run.catalog, ...change },
});
const objects = (run: RunState, change: Partial<RunState["objects"]>): RunState => ({
  ...run,
  objects: { ...run.objects, ...change },
});

test("a run like the undisturbed one violates nothing", () => {
  expect(violated((run) => run)).toEqual([]);
});

test.each<[string, string, (run: RunState) => RunState]>([
  [
    "a track in another state",
    "every track ended as in the undisturbed run",
    (run) => catalog(run, { tracks: run.catalog.tracks.map((track) => ({ ...track, state: "failed" })) }),
  ],
  ["a step without a row", "exactly one row per result and step", (run) => catalog(run, { outcomes: [] })],
  [
    "a second artifact of a kind",
    "exactly one row per result and step",
    (run) =>
      objects(
        catalog(run, {
          artifacts: [
            ...run.catalog.artifacts,
            ...run.catalog.artifacts.map((row) => ({ ...row, address: master })),
          ],
        }),
        { records: new Map([...run.objects.records, [master, record]]) },
      ),
  ],
  [
    "other facts in the database",
    "the database says what the records say",
    (run) => catalog(run, { artifacts: run.catalog.artifacts.map((row) => ({ ...row, facts: {} })) }),
  ],
  [
    "another record",
    "records identical to the undisturbed run",
    (run) => objects(run, { records: new Map([[address, { ...record, inputs: { pcm: master } }]]) }),
  ],
  [
    "other bytes",
    "payloads identical to the undisturbed run, by SHA-256",
    (run) => objects(run, { digests: new Map([[`${names.bucket("assets")}/${address}.m4a`, "d2"]]) }),
  ],
  [
    "an asset that no record names",
    "no object that nobody will delete",
    (run) =>
      objects(run, {
        objects: {
          ...run.objects.objects,
          assets: [...run.objects.objects.assets, { ...payload, ...stat, name: "stray.m4a" }],
        },
      }),
  ],
  [
    "a track that was written and forgotten",
    "what was written but never answered has ended too",
    (run) =>
      objects(run, {
        accepted: [...run.objects.accepted, { ...acceptedTrack, trackId: id.replace("01", "02") }],
      }),
  ],
  [
    "a dead letter",
    "nothing was dead-lettered",
    (run) =>
      catalog(run, {
        deadLetters: [
          { subscription: "s", step: "encode", error_code: "retries-exhausted", error_message: "" },
        ],
      }),
  ],
])("%s is found", (_what, name, change) => {
  expect(violated(change)).toContain(name);
});

test("a track that has not ended is found", () => {
  expect(violated((run) => run, [id])).toEqual(["every accepted track is terminal"]);
});
