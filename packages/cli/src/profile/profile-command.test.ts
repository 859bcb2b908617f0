import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { demoTrack } from "@segue/synth";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../testing/run-cli.ts";
import { measureRun } from "./measure-run.ts";
import { watchMemory } from "./memory-watch.ts";
import { median } from "./profile-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-profile-test-"));
  await writeFile(join(folder, "demo.wav"), demoTrack().wav);
  await writeFile(join(folder, "words.mp3"), "these are words");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("every run is measured, and one more is recorded as a CPU profile of the step's own functions", async () => {
  const args = ["profile", "key", "demo.wav", "--runs", "2", "--json", "--flame", "out.cpuprofile"];
  const { code, stdout } = await runCli(args, folder);
  expect(code).toBe(0);
  const printed = JSON.parse(stdout);
  expect(printed).toMatchObject({ step: "key", flame: join(folder, "out.cpuprofile") });
  expect(printed.runs).toHaveLength(2);
  for (const { wallMs, cpuMs, peakMiB } of printed.runs) {
    expect(Math.min(wallMs, cpuMs)).toBeGreaterThan(1);
    expect(peakMiB).toBeGreaterThan(20);
  }
  const profile = JSON.parse(await readFile(join(folder, "out.cpuprofile"), "utf8"));
  const urls = profile.nodes.map(({ callFrame }: { callFrame: { url: string } }) => callFrame.url);
  expect(urls.some((url: string) => url.includes("services/bpm-key/"))).toBe(true);
});

test("as a table it ends with the median; ffmpeg's time is told apart", async () => {
  const { code, stdout } = await runCli(["profile", "decode", "demo.wav", "--runs", "1"], folder);
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/^RUN +WALL ms +CPU ms[^\n]*\n1 [^\n]*\nmedian [^\n]*\n$/),
  ]);
});

test("memory that is taken while the thread is blocked is seen, and a new run begins anew", async () => {
  const memory = watchMemory();
  const cost = await measureRun(memory, async () => {
    await delay(50); // Lets the watching thread start.
    const block = Buffer.alloc(200 * 2 ** 20, 1);
    const until = performance.now() + 50;
    while (performance.now() < until) block[0] = 2;
  });
  await memory[Symbol.asyncDispose]();
  expect(cost.grownMiB).toBeGreaterThan(190);
  expect(cost.cpuMs).toBeGreaterThan(40);
});

test("exit codes: 1 for a bad file, 2 for a wrong command line", async () => {
  const bad = await runCli(["profile", "decode", "words.mp3"], folder);
  expect(bad).toMatchObject({ code: 1, stderr: expect.stringContaining("not-audio") });
  expect(await runCli(["profile", "decode", "demo.wav", "--runs", "0"], folder)).toMatchObject({ code: 2 });
  expect(await runCli(["profile", "nothing", "demo.wav"], folder)).toMatchObject({ code: 2 });
});

test("the median is the middle, or the mean of the two middle values", () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([7])]).toEqual([2, 2.5, 7]);
});
