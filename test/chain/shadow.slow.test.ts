import { runCli } from "@segue/cli/testing";
import { demoTrack } from "@segue/synth";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";

const nextTempo = new URL("./fixtures/next-tempo.config.ts", import.meta.url).pathname;

let running: FleetUnderTest;
let id: string;
beforeAll(async () => {
  running = await startFleetUnderTest();
  id = (await running.client.post(demoTrack().wav)).id;
  await running.client.ended(id);
  await running.client.ended((await running.client.post(Buffer.from("no audio at all"))).id);
});
afterAll(() => running?.[Symbol.asyncDispose]());

async function shadow(...args: string[]) {
  const { code, stdout } = await runCli(["shadow", ...args, "--api", running.fleet.apiUrl]);
  return { code, stdout };
}

test("the same code changes nothing; the track that has no result is passed over", async () => {
  const { code, stdout } = await shadow("tempo", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ compared: 1, same: 1, changed: 0, facts: [], failures: [] });
});

test("another version is told fact by fact, and the fleet stays as it is", async () => {
  const before = await running.client.track(id);
  const { stdout } = await shadow("tempo", "--fleet", nextTempo, "--json");
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({
    versions: { old: [report.versions.new - 1] },
    changed: 1,
    facts: [{ path: "bpm", tracks: 1, meanDelta: 1, example: { track: id, old: 116, new: 117 } }],
  });
  const { stdout: text } = await shadow("tempo", "--fleet", nextTempo);
  expect(text).toMatch(/bpm +1 +1.00 +1.00 +116 -> 117/);
  expect(text).toContain("segue make --targets tempo");
  expect(text).not.toContain("raise the number");
  expect(await running.client.track(id)).toEqual(before);
});

test("what can't be used is said", async () => {
  expect((await shadow("temp")).code).toBe(2);
  expect((await shadow("tempo", "--sample", "none")).code).toBe(2);
});
