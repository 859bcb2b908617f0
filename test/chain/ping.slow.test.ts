import { runCli } from "@segue/cli/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import project from "../../segue.config.ts";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";

let running: FleetUnderTest;
beforeAll(async () => {
  running = await startFleetUnderTest();
});
afterAll(() => running?.[Symbol.asyncDispose]());

interface Answer {
  readonly step: string;
  readonly worker: string | null;
  readonly afterMs: number | null;
}
async function ping(...args: string[]): Promise<{ code: number; answers: Answer[] }> {
  const { code, stdout } = await runCli(["ping", "--api", running.fleet.apiUrl, "--json", ...args]);
  return { code, answers: JSON.parse(stdout) };
}

test("every step of the chain answers, live and on the way of backfills, and no track comes of it", async () => {
  for (const way of [[], ["--backfill"]]) {
    const { code, answers } = await ping(...way);
    expect(code).toBe(0);
    expect(answers.map(({ step }) => step)).toEqual(project.chain.steps.map(({ name }) => name));
    expect(answers.every(({ afterMs }) => afterMs !== null && afterMs >= 0)).toBe(true);
  }
  expect((await running.client.api.readPage({ limit: 50, cursor: null })).tracks).toEqual([]);
});

test("a step whose worker does not answer is named, what does not need it answers", async () => {
  const worker = running.fleet.processes().find(({ name }) => name === "loudness");
  process.kill(worker?.pid ?? 0, "SIGSTOP");
  const { code, answers } = await ping("--timeout", "3");
  process.kill(worker?.pid ?? 0, "SIGCONT");
  expect(code).toBe(1);
  expect(answers.filter(({ afterMs }) => afterMs === null).map(({ step }) => step)).toEqual(["loudness"]);
});

test("only the steps that targets need", async () => {
  expect((await ping("--targets", "aac")).answers.map(({ step }) => step)).toEqual(["decode", "encode"]);
  const { code, stderr } = await runCli(["ping", "--api", running.fleet.apiUrl, "--targets", "temp"]);
  expect([code, stderr]).toEqual([1, expect.stringContaining('no target "temp"')]);
});
