import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startWorkerCloud } from "./fixtures/worker-cloud.ts";

/** Catches a drain that hangs; how long drains take is measured by `npm run chaos`. */
const hangMs = 120_000;

test("a file that aborts the whole process ends with its story, and its neighbours don't notice", async () => {
  await using cloud = await startWorkerCloud();
  let running = true;
  const crashes: { signal: unknown }[] = [];
  // What a launcher or a kubelet does: start again whatever ends.
  const supervised = [1, 2].map(async () => {
    while (running) {
      const { exited } = await cloud.startWorker("reader");
      const end = await exited;
      if (running) crashes.push(end);
    }
  });
  const poison = await cloud.submit(1, "abort");
  const good: string[] = [];
  for (let n = 2; n < 8; n++) {
    good.push(await cloud.submit(n, `good track number ${n}`));
    await sleep(500);
  }
  await expect.poll(() => cloud.deadLetters.length).toBe(1);
  await expect.poll(() => new Set(cloud.outcomes.map((outcome) => outcome.trackId)).size).toBe(7);
  running = false;
  const [letter] = cloud.deadLetters;
  expect(letter).toMatchObject({ trackId: poison, error: { code: "retries-exhausted" } });
  const codes = letter?.story.map((entry) => entry.error.code);
  expect(new Set(codes)).toEqual(new Set(["worker-crashed"]));
  expect(letter?.story[0]?.error.message).toContain("never ended");
  expect(letter?.story.slice(-2).map((entry) => entry.error.message)).toEqual([
    expect.stringContaining("SIGABRT"),
    expect.stringContaining("SIGABRT"),
  ]);
  // The first delivery leaves no trace, the second is in the story: no worker is lost to it after that.
  expect(crashes.length).toBeLessThanOrEqual(3);
  expect(crashes.every((end) => end.signal === "SIGABRT")).toBe(true);
  for (const id of good)
    expect(cloud.outcomes.find((outcome) => outcome.trackId === id)?.outcome.status).toBe("succeeded");
  await cloud[Symbol.asyncDispose]();
  await Promise.all(supervised);
});

test("a drain at full load finishes what it can, hands the rest back at once, and ends in time", async () => {
  await using cloud = await startWorkerCloud();
  const drainMs = 6_000;
  const env = { SEGUE_CONCURRENCY: "2", SEGUE_DRAIN_MS: String(drainMs) };
  const first = await cloud.startWorker("reader", env);
  // One ends within the drain, one is too slow for it; the others wait behind them.
  const quick = await cloud.submit(1, "wait 2500");
  const slow = await cloud.submit(2, "wait 2700 though");
  const waiting: string[] = [];
  for (let n = 3; n < 7; n++) waiting.push(await cloud.submit(n, `behind them ${n}`));
  await sleep(1_200);
  const drainedAt = performance.now();
  first.child.kill("SIGTERM");
  const second = await cloud.startWorker("reader", env);
  const end = await first.exited;
  expect(end).toMatchObject({ code: 0, signal: null });
  expect(end.exitedAt - drainedAt).toBeLessThan(hangMs);

  await expect.poll(() => new Set(cloud.outcomes.map((outcome) => outcome.trackId)).size).toBe(6);
  // Everything was acked: nothing that the first worker had done comes again when its leases would have run out.
  await sleep(11_000);
  // On a busy machine one that the first worker had begun may be told of twice; it is computed once all the same.
  for (const id of [quick, slow, ...waiting]) {
    const computed = cloud.outcomes.filter(({ trackId, how }) => trackId === id && how === "computed");
    expect(computed).toHaveLength(1);
  }
  second.child.kill("SIGTERM");
  expect(await second.exited).toMatchObject({ code: 0, signal: null });
});

test("a drain stops an attempt that does not end, and a step on long input at its next checkpoint", async () => {
  await using cloud = await startWorkerCloud();
  const drainMs = 3_500;
  const env = { SEGUE_DRAIN_MS: String(drainMs) };
  const [reader, speller] = await Promise.all([
    cloud.startWorker("reader", env),
    cloud.startWorker("speller", env),
  ]);
  await cloud.submit(1, "a text that takes a while to spell ".repeat(8), ["read", "spell"]);
  await expect.poll(() => cloud.outcomes.length).toBe(1);
  await cloud.submit(2, "wait 60000");
  await sleep(500);
  const drainedAt = performance.now();
  for (const { child } of [reader, speller]) child.kill("SIGTERM");
  for (const { exited } of [reader, speller]) {
    const { exitedAt, ...end } = await exited;
    expect(end).toEqual({ code: 0, signal: null });
    expect(exitedAt - drainedAt).toBeLessThan(hangMs);
  }
  await cloud.startWorker("speller", env);
  await expect
    .poll(() => cloud.outcomes.find((outcome) => outcome.step === "spell"))
    .toMatchObject({
      outcome: { status: "succeeded", facts: { letters: 280 } },
    });
});

test("a worker with a GPU says how long attempts of steps that ask for one held it", async () => {
  await using cloud = await startWorkerCloud();
  const env = { SEGUE_ACCELERATOR: "gpu", SEGUE_CONCURRENCY: "2" };
  await Promise.all([cloud.startWorker("reader"), cloud.startWorker("counter", env)]);
  await cloud.submit(1, "a few words", ["read", "words", "copy"]);
  await expect.poll(() => cloud.outcomes.length).toBe(3);
  const attemptOf = (step: string) => cloud.outcomes.find((outcome) => outcome.step === step)?.attempt;
  expect(attemptOf("copy")?.gpuMs).toBeNull();
  const words = attemptOf("words");
  // Two attempts may share it.
  expect(words?.gpuMs).toBeGreaterThanOrEqual(0);
  expect(words?.gpuMs).toBeLessThanOrEqual((words?.durationMs ?? 0) / 2);
});
