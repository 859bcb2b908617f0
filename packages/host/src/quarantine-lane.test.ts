import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { startWorkerCloud } from "./fixtures/worker-cloud.ts";

/** Catches a drain that hangs; how long drains take is measured by `npm run chaos`. */
const hangMs = 120_000;

test("a message that spins in quarantine holds up none of its neighbours, nor the drain", async () => {
  await using cloud = await startWorkerCloud();
  const gate = cloud.path("gate");
  const poison = await cloud.submit(1, `spin-until ${gate}`);
  await cloud.crashOnNext();
  const { child, exited, log } = await cloud.startWorker("reader", {
    SEGUE_LOG_LEVEL: "warn",
    SEGUE_MAX_FAILURES: "19",
    SEGUE_CONCURRENCY: "1",
  });
  const times = (text: string) => log().split(text).length - 1;
  const begun = () => times("runs in quarantine");
  const ended = () => times("attempt failed");
  // More than one round: what stands in for the place comes and goes with each attempt.
  for (let round = 1; round <= 2; round++) {
    await expect.poll(begun).toBe(round);
    const good: string[] = [];
    for (let n = 0; n < 4; n++) good.push(await cloud.submit(10 * round + n, `good ${round} ${n}`));
    const isDone = (id: string) => cloud.outcomes.some(({ trackId }) => trackId === id);
    // Held up, none of them would be done before the attempt is over, which it is when it is told so.
    await expect.poll(() => good.every(isDone)).toBe(true);
    expect(ended()).toBe(round - 1);
    await writeFile(gate, "");
    await expect.poll(ended).toBe(round);
  }
  await expect.poll(begun).toBe(3);
  const drainedAt = performance.now();
  child.kill("SIGTERM");
  const { exitedAt, ...end } = await exited;
  expect(end).toEqual({ code: 0, signal: null });
  expect(exitedAt - drainedAt).toBeLessThan(hangMs);
  expect(cloud.outcomes.filter(({ trackId }) => trackId === poison)).toEqual([]);
  expect(log()).toContain("told to end");
});

test("suspects that find the quarantine taken go back to the queue, and each has its turn", async () => {
  await using cloud = await startWorkerCloud();
  const gate = cloud.path("gate");
  const suspects: string[] = [];
  for (let n = 1; n <= 3; n++) {
    suspects.push(await cloud.submit(n, `hold ${gate} ${n}`));
    await cloud.crashOnNext();
  }
  const { log } = await cloud.startWorker("reader", { SEGUE_LOG_LEVEL: "info", SEGUE_CONCURRENCY: "1" });
  const good = await cloud.submit(4, "a good neighbour");
  const isDone = (id: string) => cloud.outcomes.some(({ trackId }) => trackId === id);
  // The first stays where it is until another has found the place taken.
  await expect.poll(log).toContain("another attempt is in this worker's quarantine");
  await writeFile(gate, "");
  await expect.poll(() => [...suspects, good].every(isDone)).toBe(true);
  for (const { outcome } of cloud.outcomes) expect(outcome.status).toBe("succeeded");
  expect(cloud.deadLetters).toEqual([]);
});
