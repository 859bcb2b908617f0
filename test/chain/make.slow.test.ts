import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { BackfillResource } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCatalog } from "../chaos/catalog-state.ts";
import { expireScratch } from "../support/cloud.ts";
import { type FleetUnderTest, startFleetUnderTest, timesComputed } from "../support/fleet-under-test.ts";
import { tone } from "../support/tone.ts";

const main = new URL("../../packages/cli/src/main.ts", import.meta.url).pathname;

let running: FleetUnderTest;
let good: string[];
let bad: string;
beforeAll(async () => {
  running = await startFleetUnderTest({ env: { SEGUE_RECONCILE_QUIET_MS: "3000" } });
  const { client } = running;
  good = await Promise.all(
    [220, 330, 440].map(async (hz) => (await client.post(tone(hz), { targets: ["tempo"] })).id),
  );
  bad = (await client.post(Buffer.from("no audio at all"), { targets: ["tempo"] })).id;
  await Promise.all([...good, bad].map((id) => client.ended(id)));
});
afterAll(() => running?.[Symbol.asyncDispose]());

async function segue(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const flags = [
    "--disable-warning=ExperimentalWarning",
    main,
    "make",
    ...args,
    "--api",
    running.fleet.apiUrl,
  ];
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, flags)) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

/** Undefined until the catalog has heard of it. */
async function readBackfill(id: string): Promise<BackfillResource | undefined> {
  return running.client.api.readBackfill(id);
}
/** Paused as soon as the catalog has heard of it: a command takes longer to start than a small backfill to end. */
async function beginPaused(targets: string[]): Promise<string> {
  const { api } = running.client;
  const { id } = await api.requestBackfill({ targets, inFlight: 1 });
  await expect.poll(() => api.steerBackfill(id, "pause"), { interval: 20 }).toBeDefined();
  await expect.poll(async () => (await readBackfill(id))?.state).toBe("paused");
  return id;
}

async function computed(id: string, step: string): Promise<number> {
  return timesComputed(await running.client.history(id, () => true), step);
}

test("new targets of old tracks: bottom-up from what is left, nothing else is made again", async () => {
  await expireScratch(running.fleet.env);

  const { code, stdout } = await segue("--targets", "loudness", "--json");
  const backfill = BackfillResource.parse(JSON.parse(stdout));
  expect(backfill).toMatchObject({
    state: "done",
    tracks: { total: 4, complete: 0, succeeded: 3, failed: 1, underWay: 0 },
    failures: [{ step: "decode", code: "not-audio", tracks: 1, example: bad }],
  });
  expect(code).toBe(1);
  for (const id of good) {
    const { state, results, steps } = await running.client.track(id);
    expect(state).toBe("done");
    expect(results.loudness?.facts).toMatchObject({ integratedLufs: expect.any(Number) });
    expect(steps.map(({ step }) => step).sort()).toEqual(["decode", "downsample", "loudness", "tempo"]);
    expect(await computed(id, "decode")).toBe(2);
    expect(await computed(id, "tempo")).toBe(1);
    expect(await computed(id, "downsample")).toBe(1);
  }
  expect((await running.client.track(bad)).steps.find(({ step }) => step === "loudness")?.blockedBy).toEqual([
    "decode",
  ]);
});

test("asked for again, it finds everything there", async () => {
  const counts = () => Promise.all(good.map((id) => computed(id, "loudness")));
  const before = await counts();
  const { code, stdout } = await segue("--targets", "loudness,tempo", "--json");
  expect(BackfillResource.parse(JSON.parse(stdout)).tracks).toMatchObject({ complete: 4, succeeded: 0 });
  expect(code).toBe(0);
  expect(await counts()).toEqual(before);
});

test("by force one step is computed again, for the tracks that are chosen", async () => {
  const [chosen = "", other = ""] = good;
  const { stdout } = await segue("--targets", "tempo", "--force", "tempo", "--track", chosen, "--json");
  expect(BackfillResource.parse(JSON.parse(stdout)).tracks).toMatchObject({ total: 1, succeeded: 1 });
  expect(await computed(chosen, "tempo")).toBe(2);
  expect(await computed(chosen, "decode")).toBe(await computed(other, "decode"));
  expect(await computed(other, "tempo")).toBe(1);
});

test("paused it takes up nothing, resumed it goes on, and a catalog that is killed goes on where it was", async () => {
  const id = await beginPaused(["key", "aac"]);
  expect((await segue("pause", id)).code).toBe(0);
  await expect
    .poll(async () => {
      const backfill = await readBackfill(id);
      return backfill?.state === "paused" && backfill.tracks.underWay === 0;
    })
    .toBe(true);
  const paused = await readBackfill(id);
  expect(paused?.tracks.succeeded).toBeLessThan(3);
  await segue("resume", id);
  const catalog = running.fleet.processes().find(({ name }) => name === "catalog");
  process.kill(catalog?.pid ?? 0, "SIGKILL");
  await expect.poll(async () => (await readBackfill(id))?.state).toBe("done");
  expect((await readBackfill(id))?.tracks).toMatchObject({ succeeded: 3, failed: 1, underWay: 0 });
  for (const trackId of good)
    expect((await running.client.track(trackId)).results.aac?.asset?.sizeBytes).toBeGreaterThan(0);
  expect(await segue("pause", id)).toMatchObject({ code: 1, stderr: expect.stringContaining("it is done") });
});

test("cancelled, it ends there; what was made stays", async () => {
  const id = await beginPaused(["waveform"]);
  expect((await segue("cancel", id)).code).toBe(0);
  await expect.poll(async () => (await readBackfill(id))?.state).toBe("cancelled");
  // What was under way comes to its end, as any open track does.
  await Promise.all(good.map((trackId) => running.client.ended(trackId)));
  const list = await segue("list");
  expect(list.stdout).toMatch(new RegExp(`^${id}  .*cancelled: `, "m"));
});

test("a backfill that can't go on, for a target that is gone, holds up no other", async () => {
  const pool = openCatalog(running.fleet.env.DATABASE_URL ?? "");
  const id = "01900000-0000-7000-8000-000000000001";
  await pool.query(
    `insert into backfills (id, targets, force, selection, in_flight, requested_at)
     values ($1, '{gone}', '{}', '{"trackId":null,"acceptedSince":null,"state":null}', 1, now())`,
    [id],
  );
  await pool.end();
  const { stdout } = await segue("--targets", "tempo", "--json");
  expect(BackfillResource.parse(JSON.parse(stdout)).state).toBe("done");
  expect((await readBackfill(id))?.state).toBe("running");
  expect((await segue("cancel", id)).code).toBe(0);
  await expect.poll(async () => (await readBackfill(id))?.state).toBe("cancelled");
});

test("live tracks overtake a backfill", async () => {
  const { client } = running;
  const old = await Promise.all(
    Array.from(
      { length: 12 },
      async (_, n) => (await client.post(tone(500 + n, 60), { targets: ["tempo"] })).id,
    ),
  );
  await Promise.all(old.map((id) => client.ended(id)));
  const { stdout } = await segue(
    "--targets",
    "aac",
    "--force",
    "decode,encode",
    "--in-flight",
    "15",
    "--detach",
  );
  const id = stdout.trim();
  await expect.poll(async () => (await readBackfill(id))?.tracks.underWay ?? 0).toBeGreaterThan(8);
  const live = (await client.post(tone(999, 60))).id;
  await client.ended(live);
  const then = await readBackfill(id);
  expect(then?.state).toBe("running");
  expect(then?.tracks.underWay).toBeGreaterThan(2);
  await expect.poll(async () => (await readBackfill(id))?.state, { interval: 100 }).toBe("done");
});

test("what can't be used is said, with what was expected", async () => {
  expect(await segue("--targets", "temp")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/no target "temp"; there are: .*tempo/),
  });
  expect(await segue("--targets", "tempo", "--force", "encode")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("the targets don't need encode"),
  });
  expect(await segue("show", "7")).toMatchObject({ code: 2 });
  expect(await segue("show", "019ace1e-4c2b-7d1e-9a55-0d4c0a1f3b77")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("no backfill"),
  });
});
