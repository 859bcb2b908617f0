// Real processes that get next to nothing of the machine, and some that just take their time.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { createWaitWatch, readTasks } from "@segue/step/attempt";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createHarness, testSubscription } from "./fixtures/harness.ts";
import { hurriedRead } from "./fixtures/hurried-fleet.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());

const onLinux = test.skipIf(process.platform !== "linux");
const canPin = spawnSync("taskset", ["-c", "0", "nice", "-n", "19", "true"]).status === 0;

function start(command: string, ...args: string[]): ChildProcess & { readonly pid: number } {
  const child = spawn(command, args, { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const { pid } = child;
  if (pid === undefined) throw new Error(`expected ${command} to start`);
  return Object.assign(child, { pid });
}

function watch(pid: number) {
  const waits = createWaitWatch();
  onTestFinished(() => waits[Symbol.dispose]());
  waits.addChild(pid);
  return waits;
}

const busy = ["sh", "-c", "while :; do :; done"];

test.skipIf(process.platform !== "linux" || !canPin)(
  "a process that others keep from its core waits",
  async () => {
    start("taskset", "-c", "0", ...busy);
    const starved = watch(start("taskset", "-c", "0", "nice", "-n", "19", ...busy).pid);
    await expect.poll(() => starved.totalMs()).toBeGreaterThan(1_000);
  },
);

test.each([
  { what: "one core for the two of them is all there is", cores: 1, ranMs: 100, waitedMs: 0 },
  { what: "others have half of the only core", cores: 1, ranMs: 50, waitedMs: 500 },
  { what: "others have all of it", cores: 1, ranMs: 0, waitedMs: 1_000 },
  { what: "there are two cores, and others have half of each", cores: 2, ranMs: 100, waitedMs: 500 },
])("of two threads that are in line for cores only what others take is waited for: $what", (given) => {
  let now = 0;
  const tasks = ["1/task/1", "1/task/2"].map((name) => ({
    ...{ name, state: "R", isOurs: false, cpuMs: 0, waitedMs: 0 },
  }));
  const { cores, ranMs } = given;
  const waits = createWaitWatch({ now: () => now, cores, read: () => tasks.map((task) => ({ ...task })) });
  onTestFinished(() => waits[Symbol.dispose]());
  waits.reset();
  for (let look = 0; look < 5; look++) {
    now += 200;
    for (const task of tasks) {
      task.cpuMs += ranMs;
      task.waitedMs += 200 - ranMs;
    }
    waits.totalMs();
  }
  expect(waits.totalMs()).toBe(given.waitedMs);
});

onLinux("a process that somebody has stopped waits, until it goes on", async () => {
  const child = start("sleep", "600");
  child.kill("SIGSTOP");
  const stopped = watch(child.pid);
  await expect.poll(() => stopped.totalMs()).toBeGreaterThan(500);
});

onLinux("what has not passed has not been waited for, and a beginning anew forgets what was", async () => {
  const child = start("sleep", "600");
  child.kill("SIGSTOP");
  const beganAt = performance.now();
  const stopped = watch(child.pid);
  await expect.poll(() => stopped.totalMs()).toBeGreaterThan(300);
  expect(stopped.totalMs()).toBeLessThanOrEqual(performance.now() - beganAt);
  const anewAt = performance.now();
  stopped.reset();
  expect(stopped.totalMs()).toBeLessThanOrEqual(performance.now() - anewAt);
});

test("what is asked of others is waited for until it is answered", async () => {
  const waits = createWaitWatch();
  onTestFinished(() => waits[Symbol.dispose]());
  const answering = sleep(250);
  await waits.during(answering);
  expect(waits.totalMs()).toBeGreaterThan(100);
  await expect(waits.during(Promise.reject(new Error("no")))).rejects.toThrow("no");
});

onLinux("a process that sleeps waits for nobody", async () => {
  let now = 0;
  const child = start("sleep", "600");
  await expect
    .poll(() => readTasks([], [child.pid]).map(({ state }) => state), { timeout: 60_000 })
    .toEqual(["S"]);
  const waits = createWaitWatch({ now: () => now });
  onTestFinished(() => waits[Symbol.dispose]());
  waits.addChild(child.pid);
  for (let look = 0; look < 50; look++) {
    now += 200;
    // Of what it took to start, at most.
    expect(waits.totalMs()).toBeLessThan(now / 2 + 200);
  }
});

onLinux(
  "an attempt whose child is kept from going on has starved, and however often ends no track",
  async () => {
    const message = await harness.accept("stopped-child");
    const id = "starved";
    for (let deliveryAttempt = 1; deliveryAttempt <= 3; deliveryAttempt++) {
      const delivered = await harness.deliver(hurriedRead, message, {
        id,
        deliveryAttempt,
        // Later each time than any pause.
        parts: { maxFailures: 2, now: () => new Date(Date.now() + deliveryAttempt * 3_600_000) },
      });
      expect(delivered).toEqual({ ending: "put-off", settled: "nack" });
    }
    const { entries } = await harness.stories.read({ id, subscription: testSubscription, step: "read" });
    expect(entries).toEqual([]);
    expect(harness.deadLetters).toEqual([]);
  },
  60_000,
);
