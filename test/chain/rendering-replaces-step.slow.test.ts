// A step goes, and what it made and kept is a rendering from then on: under tracks that have it, and under one that waits for it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningFleet, startFleet } from "@segue/launcher";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Client, createClient } from "../support/fleet-under-test.ts";
import { tone } from "../support/tone.ts";

const before = new URL("./fixtures/waveform-svg.config.ts", import.meta.url).href;
let dataDir: string;
let fleet: RunningFleet;
let client: Client;
let made: string;
let waiting: string;
const start = async (fleetUrl?: string) => {
  const env = { SEGUE_RECONCILE_QUIET_MS: "2000", SEGUE_RECONCILE_EVERY_MS: "200" };
  fleet = await startFleet({ dataDir, apiPort: 0, env, ...(fleetUrl ? { fleetUrl } : {}) });
  client = createClient(fleet.apiUrl);
};
const stop = async () => {
  await client?.api[Symbol.asyncDispose]();
  await fleet?.stop();
};

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "segue-fleet-"));
  await start(before);
  made = (await client.post(tone(440, 1))).id;
  const track = await client.ended(made);
  expect([track.state, track.targets]).toEqual([
    "done",
    expect.arrayContaining(["waveform", "waveform-svg"]),
  ]);
  waiting = (await client.post(tone(550, 5))).id;
  const all = (await client.track(waiting)).steps.map(({ step }) => step);
  await client.history(waiting, ({ attempts }) =>
    all.every((step) => step === "waveform-svg" || attempts.some((attempt) => attempt.step === step)),
  );
  expect((await client.track(waiting)).state).toBe("processing");
  await stop();
  await start();
});
afterAll(async () => {
  await stop();
  await rm(dataDir, { recursive: true, force: true });
});

const image = async (id: string, file: string) =>
  (await client.get(`/v1/tracks/${id}/assets/${file}`)).text();

test("a track that waited for the step, whose workers are gone, comes to its end", async () => {
  const track = await client.ended(waiting);
  expect(track).toMatchObject({ state: "done", requests: [{ cause: "submission" }] });
  expect(track.steps.map(({ step, status }) => [step, status])).not.toContainEqual([
    "waveform-svg",
    expect.anything(),
  ]);
  expect(track.targets).not.toContain("waveform-svg");
  expect(await image(waiting, "waveform-svg")).toMatch(/^<svg xmlns/);
});

test("what it has made is there, as a result and as a file, beside what is made now", async () => {
  const { state, results } = await client.track(made);
  expect([state, results["waveform-svg"]?.facts]).toEqual(["done", { widthPx: 1 }]);
  expect(await image(made, "waveform-svg")).toBe("<svg/>");
  expect(await (await client.get(results["waveform-svg"]?.asset?.url ?? "")).text()).toBe("<svg/>");
  expect(await image(made, "waveform.svg")).toMatch(/^<svg xmlns/);
});

test("a replay comes to its end, and the same bytes again want nothing of it, asked for by whatever name", async () => {
  const { requestId, wants } = await client.replay(made, { force: ["waveform"] });
  expect(wants).not.toContain("waveform-svg");
  const answered = await client.history(made, ({ attempts }) =>
    attempts.some((attempt) => attempt.requestId === requestId && attempt.step === "waveform"),
  );
  // However often a busy machine has tried it before, for this request nobody has.
  const drawn = answered.attempts.filter(({ step }) => step === "waveform-svg");
  expect(drawn.map((attempt) => attempt.requestId)).not.toContain(requestId);
  await expect
    .poll(async () => (await client.track(made)).steps.filter(({ recomputing }) => recomputing).length, {
      timeout: 60_000,
    })
    .toBe(0);
  const { id } = await client.post(tone(440, 1), { targets: ["waveform-svg"] });
  const again = await client.ended(id);
  expect(again).toMatchObject({ state: "done", targets: ["waveform"] });
  expect(await image(id, "waveform.svg")).toMatch(/^<svg xmlns/);
});
