// A worker of a raised version beside one of the version before: what every rolling update looks like for a while.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tempo } from "@segue/bpm-key";
import { runCli } from "@segue/cli/testing";
import { BackfillResource } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";
import { tone } from "../support/tone.ts";

const main = new URL("../../packages/cli/src/main.ts", import.meta.url).pathname;
const raisedFleet = new URL("./fixtures/raised-tempo.config.ts", import.meta.url).href;

let running: FleetUnderTest;
let raised: ChildProcess;
let ids: string[];
beforeAll(async () => {
  running = await startFleetUnderTest();
  ids = await Promise.all(
    [220, 247, 262, 294, 330, 349].map(
      async (hz) => (await running.client.post(tone(hz), { targets: ["tempo"] })).id,
    ),
  );
  await Promise.all(ids.map((id) => running.client.ended(id)));
  raised = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", main, "service", "bpm-key", "--fleet", raisedFleet],
    { env: { ...process.env, ...running.fleet.env }, stdio: ["ignore", "pipe", "inherit"] },
  );
  if (raised.stdout) await once(raised.stdout, "data");
});
afterAll(async () => {
  if (raised?.exitCode === null) {
    raised.kill("SIGTERM");
    await once(raised, "exit");
  }
  await running?.[Symbol.asyncDispose]();
});

const tempoOf = async (id: string) =>
  (await running.client.track(id)).steps.find(({ step }) => step === tempo.name);

test("make ends when every track has the version that it asked for, whichever worker is asked first", async () => {
  const make = async () => {
    const { stdout } = await runCli(["make", "--targets", "tempo", "--api", running.fleet.apiUrl, "--json"]);
    return BackfillResource.parse(JSON.parse(stdout)).tracks;
  };
  // Until the catalog has looked at what is registered, nothing is missing.
  await expect.poll(make, { interval: 200 }).toMatchObject({ complete: 0 });
  for (const id of ids) {
    expect(await tempoOf(id)).toMatchObject({
      status: "succeeded",
      version: tempo.version + 1,
      recomputing: null,
    });
    expect((await running.client.track(id)).state).toBe("done");
  }
  expect(await make()).toMatchObject({ complete: ids.length, succeeded: 0, failed: 0 });
});
