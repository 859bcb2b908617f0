import { createHash } from "node:crypto";
import {
  createAmendments,
  createArtifacts,
  createCheckpoints,
  createHolds,
  createTrackObjects,
} from "@segue/artifacts";
import { readTrack } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import type { Chain } from "@segue/chain";
import { createId, lowestTrackId, StepError, type StepSpec } from "@segue/contracts";
import type { NewTask, Publisher } from "@segue/queue";
import { createTelemetry } from "@segue/telemetry";
import { describe, expect, test } from "vitest";
import { applyFacts } from "../apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "../facts-of.ts";
import { accepted, chain, names, outcome, withDrawing, withRendering } from "../fixtures/chain.ts";
import { oneClock } from "../fixtures/one-clock.ts";
import { startTestPool } from "../fixtures/test-pool.ts";
import { startTestStorage } from "../fixtures/test-storage.ts";
import { deriveAnew } from "../rederive-tracks.ts";
import { mergeFacts } from "../rows.ts";
import { idleBatch } from "./judge-quiet.ts";
import { createProgress } from "./progress.ts";
import { repairTracks } from "./repair-tracks.ts";
import { createWatches } from "./watches.ts";

const quietMs = 60_000;

/** A track that was accepted a while ago, and a reconciler's parts; the clock and the queue are the test's. */
async function begin(kind: (typeof testDatabases)[number], fleet: Chain<StepSpec> = chain) {
  const storage = await startTestStorage(["masters", "scratch"]);
  const { store } = storage;
  const started = await startTestPool(kind);
  const { pool } = started;
  const at = new Date(Date.now() - 10 * quietMs);
  const track = accepted(1, { trackId: lowestTrackId(at), acceptedAt: at.toISOString() });
  const body = Buffer.from("sound");
  const master = { bucket: names.bucket("masters"), name: track.master };
  await store.writeObject({ ...master, body, createOnly: true });
  await applyFacts(pool, chain, acceptedFacts(track));
  const tasks: NewTask[] = [];
  const clock = { nowMs: at.getTime() };
  const queue = { isAway: false };
  const task = async (sent: NewTask) => {
    if (queue.isAway) throw new Error("the queue is away");
    tasks.push(sent);
  };
  const options = {
    ...{ chain: fleet, quietMs, everyMs: 1_000, maxAnnouncements: 2, maxIdleAnnouncements: 2, onEvent() {} },
    log: createTelemetry({ service: "catalog", level: "silent" }).log,
    watches: createWatches(pool),
    artifacts: createArtifacts(store, names),
    checkpoints: createCheckpoints(store, names),
    holds: createHolds(store, names),
    amendments: createAmendments(store, names),
    tracks: createTrackObjects(store, names),
    progress: createProgress(oneClock(() => clock.nowMs)),
    publisher: { task } as Publisher,
    derive: (ids: readonly string[]) => deriveAnew(pool, fleet, ids),
    now: () => new Date(clock.nowMs),
  };
  clock.nowMs = Date.now();
  return {
    ...{ pool, store, track, tasks, clock, queue, options },
    look: () => repairTracks(options),
    async [Symbol.asyncDispose]() {
      await started[Symbol.asyncDispose]();
      await storage[Symbol.asyncDispose]();
    },
  };
}

const outcomeOf = (step: string) => ({
  ...outcome(2, "decode"),
  step,
  kind: step,
  address: addressOfText(step),
});
const addressOfText = (text: string) => createHash("sha256").update(text).digest("hex");

describe.each(testDatabases)("on an $name", (kind) => {
  test("what the queue did not take was not sent: an outage makes no track stuck", async () => {
    await using begun = await begin(kind);
    const { pool, track, tasks, clock, queue } = begun;
    const look = async () => {
      clock.nowMs += 100 * quietMs;
      await begun.look();
    };
    const stuck = async () => (await readTrack(pool, track.trackId))?.stuck;
    queue.isAway = true;
    for (let times = 0; times < 5; times++) await expect(look()).rejects.toThrow("the queue is away");
    expect(await stuck()).toBeNull();
    queue.isAway = false;
    for (let times = 0; times < 5; times++) await look();
    expect(tasks).toHaveLength(2);
    expect(await stuck()).toContain("announced again 2 times");
  }, 300_000);

  test("a long run on an input that was made elsewhere than planned is seen to be under way", async () => {
    await using begun = await begin(kind);
    const { pool, track, tasks, options } = begun;
    const { trackId, master } = track;
    await applyFacts(pool, chain, outcomeFacts({ ...outcome(1, "decode"), trackId, master }));
    const pcm = "a".repeat(64);
    await options.amendments.note({ requestId: trackId, kind: "pcm" }, pcm);
    const spent = { cpuMs: 0, gpuMs: null, earlier: [] };
    const address = chain.addressesFor(master, { pcm }).get("mono16k") ?? "";
    await options.checkpoints.save(address, { number: 1, state: null, files: [], moved: {}, spent });
    await begun.look();
    expect(tasks).toEqual([]);
    await options.checkpoints.discard(address);
    begun.clock.nowMs += 2 * quietMs;
    await begun.look();
    expect(tasks.map(({ step }) => step)).toContain("downsample");
  }, 300_000);

  test("of a step that has stopped, storage is asked for a round's worth of tracks, and not for what is known to be put off", async () => {
    await using begun = await begin(kind);
    const { pool, track, tasks, clock, options } = begun;
    const many = Array.from({ length: 3 * idleBatch }, (_, i) => {
      const at = new Date(Date.now() - 9 * quietMs + i);
      return accepted(2, { trackId: lowestTrackId(at), acceptedAt: at.toISOString(), master: track.master });
    });
    await applyFacts(pool, chain, mergeFacts(many.map(acceptedFacts)));
    let asked = 0;
    const { checkpoints } = options;
    const counting = {
      ...checkpoints,
      async lastSavedAt(address: string) {
        asked += 1;
        return await checkpoints.lastSavedAt(address);
      },
    };
    const look = async () => {
      asked = 0;
      clock.nowMs = Date.now();
      await repairTracks({ ...options, checkpoints: counting });
    };
    await look();
    expect(asked).toBe(idleBatch);
    expect(tasks).toHaveLength(idleBatch);

    // All of them have one master: what is put off for one is for all, and each is asked for once until then.
    const address = chain.addressesFor(track.master, {}).get("pcm") ?? "";
    const error = new StepError("starved", "it mostly waited for a core");
    const noted = {
      error,
      worker: "w",
      isSuspect: false,
      now: new Date(clock.nowMs),
      atLeastMs: quietMs / 2,
    };
    await options.holds.note({ address, pieces: { from: 0, to: 1 } }, noted);
    const dueAgain = () => pool.query("update track_watches set next_look_at = now() - interval '1 minute'");
    await dueAgain();
    await look();
    expect(asked).toBe(many.length + 1);
    await dueAgain();
    await look();
    expect(asked).toBe(0);
    expect(tasks).toHaveLength(idleBatch);
  }, 300_000);

  test("a track that a release from before left waiting for what is a rendering now comes to its end", async () => {
    await using begun = await begin(kind, withRendering);
    const { pool, tasks, track } = begun;
    const at = new Date(Date.now() - 9 * quietMs);
    const wants = ["decode", "waveform", "waveform-svg"];
    const drawn = accepted(2, {
      ...{ trackId: lowestTrackId(at), acceptedAt: at.toISOString(), wants, targets: ["waveform-svg"] },
    });
    const { trackId, master } = drawn;
    const ended = wants.slice(0, 2).map((step) => outcomeFacts({ ...outcomeOf(step), trackId, master }));
    await applyFacts(pool, withDrawing, mergeFacts([acceptedFacts(drawn), ...ended]));
    const read = () => readTrack(pool, trackId);
    expect(await read()).toMatchObject({ state: "processing", wants });
    await begun.look();
    expect(await read()).toMatchObject({
      state: "done",
      stuck: null,
      wants: ["decode", "waveform"],
      targets: ["waveform"],
    });
    // The other track is looked after as ever.
    expect(tasks.map(({ request }) => request.trackId)).toEqual([track.trackId]);
  }, 300_000);

  test.each([
    ["overwritten", "{"],
    ["of a younger release", '{"v":99}'],
  ])(
    "what is kept for one track and can't be read, since it is %s, is in no other's way",
    async (_what, text) => {
      await using begun = await begin(kind);
      const { pool, store, track, tasks, clock } = begun;
      const at = new Date(Date.parse(track.acceptedAt) + 1);
      const other = accepted(2, { trackId: lowestTrackId(at), acceptedAt: at.toISOString() });
      await applyFacts(pool, chain, acceptedFacts(other));
      const master = { bucket: names.bucket("masters"), name: other.master };
      await store.writeObject({ ...master, body: Buffer.from("sound"), createOnly: true });
      const address = chain.addressesFor(track.master).get("pcm") ?? "";
      const hold = { bucket: names.bucket("scratch"), name: `${address}.hold.json` };
      await store.writeObject({ ...hold, body: Buffer.from(text), createOnly: true });
      const taken = () => tasks.splice(0).map(({ request }) => request.master);
      await begun.look();
      expect(taken()).toEqual([other.master]);
      // It is not forgotten.
      await store.deleteObject(hold);
      clock.nowMs += 1.5 * quietMs;
      await begun.look();
      expect(taken()).toEqual([track.master]);
    },
  );

  const rest = ["downsample", "tempo", "key"];
  test.each([
    ["one has asked for all that it waits for", "running", [["decode", "encode", ...rest]], 0],
    [
      "two have between them",
      "running",
      [
        ["decode", "encode"],
        ["decode", ...rest],
      ],
      0,
    ],
    ["one has asked for a part of it", "running", [["decode", "encode"]], 1],
    ["one that has asked for all of it is paused", "paused", [["decode", "encode", ...rest]], 1],
  ])("a track without an owner and its backfills: %s", async (_what, state, asked, taken) => {
    await using begun = await begin(kind);
    const { pool, track, tasks } = begun;
    for (const runs of asked) {
      const [backfillId, requestId] = [createId(new Date()), createId(new Date())];
      await pool.query(
        `insert into backfills (id, targets, force, selection, in_flight, requested_at, state)
         values ($1, '{}', '{}', '{}', 1, now(), $2)`,
        [backfillId, state],
      );
      await pool.query(
        `insert into backfill_tracks (backfill_id, track_id, request_id, runs, announced_at, announce_again_at)
         values ($1, $2, $3, $4, now(), now())`,
        [backfillId, track.trackId, requestId, Object.fromEntries(runs.map((step) => [step, "missing"]))],
      );
    }
    await begun.look();
    expect(tasks).toHaveLength(taken);
  });
});
