// A machine's trouble is not the file's: with real errors of the system, over the real handler and in a real worker.
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createHarness, read, testSubscription } from "@segue/runner/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startWorkerCloud } from "./fixtures/worker-cloud.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());
beforeEach(() => {
  harness.noted.length = 0;
});

const onLinux = test.skipIf(process.platform !== "linux");
const many = 7;

async function expectNothingCounted(text: string, parts: object = {}): Promise<void> {
  const message = await harness.accept(text);
  const id = text;
  for (let deliveryAttempt = 1; deliveryAttempt <= many; deliveryAttempt++) {
    // Later each time than any pause.
    const now = () => new Date(Date.now() + deliveryAttempt * 3_600_000);
    const delivered = await harness.deliver(read, message, { id, deliveryAttempt, parts: { now, ...parts } });
    expect(delivered).toEqual({ ending: "put-off", settled: "nack" });
  }
  expect((await harness.stories.read({ id, subscription: testSubscription, step: "read" })).entries).toEqual(
    [],
  );
  expect(harness.noted.map(({ code }) => code)).toEqual(Array.from({ length: many }, () => "worker-unfit"));
  expect(harness.deadLetters).toEqual([]);
}

onLinux("a full disk that the step meets counts for nothing, however often", async () => {
  await expectNothingCounted("full disk");
  expect(harness.noted[0]?.message).toContain("ENOSPC");
});

onLinux("nor does a child that can't be started", async () => {
  await expectNothingCounted("spawn-fails please");
  expect(harness.noted[0]?.message).toContain("EACCES");
});

test("nor does a scratch directory that can't be made; and the core is given back each time", async () => {
  let held = 0;
  const slots = {
    acquire: async () => {
      held += 1;
      return {
        [Symbol.dispose]() {
          held -= 1;
        },
      };
    },
  };
  const scratchDir = join(harness.scratchDir, "no-such-place");
  await expectNothingCounted("no place to work in", { scratchDir, slots });
  expect(held).toBe(0);
  expect(harness.worked).toEqual([]);
  // On a worker that is well the same message is an ordinary one.
  expect((await harness.deliver(read, await harness.accept("no place to work in"))).ending).toBe("computed");
  expect(harness.worked).toEqual(["read"]);
});

test("a suspect that finds no place to step aside to leaves the quarantine free", async () => {
  const message = await harness.accept("exit now");
  const { quarantine } = harness.partsFor(read);
  const parts = { quarantine, maxFailures: 9 };
  const id = "aside";
  await harness.deliver(read, message, { id, parts });
  const deliver = (stepAside?: () => void) =>
    harness.deliver(read, message, { id, deliveryAttempt: 2, parts, ...(stepAside ? { stepAside } : {}) });
  const { ending } = await deliver(() => {
    throw new Error("no stream to be had");
  });
  expect(ending).toBe("retried");
  expect(quarantine.enter()).toBeDefined();
});

test("a worker on a machine that is not well pulls nothing and is not ready; then it goes on by itself", async () => {
  await using cloud = await startWorkerCloud();
  const scratch = cloud.path("scratch");
  await mkdir(scratch);
  const worker = await cloud.startWorker("reader", { SEGUE_SCRATCH_DIR: scratch });
  await expect.poll(async () => (await worker.readiness()).status).toBe(200);
  await cloud.submit(1, "before");
  await expect.poll(() => cloud.outcomes.length).toBe(1);

  const [own = ""] = await readdir(scratch);
  await rm(join(scratch, own), { recursive: true });
  await writeFile(join(scratch, own), "in its place");
  for (let n = 2; n <= 6; n++) await cloud.submit(n, `meanwhile ${n}`);
  await expect.poll(async () => (await worker.readiness()).status).toBe(503);
  expect((await worker.readiness()).body).toContain("machine is not well");
  // Others take what it gave back.
  const other = await cloud.startWorker("reader");
  await expect.poll(() => cloud.outcomes.length).toBe(6);
  other.child.kill("SIGTERM");
  await other.exited;

  await cloud.submit(7, "waits for the machine");
  expect((await worker.readiness()).status).toBe(503);
  await rm(join(scratch, own));
  await expect.poll(async () => (await worker.readiness()).status).toBe(200);
  await expect.poll(() => cloud.outcomes.length).toBe(7);
  expect(cloud.outcomes.every(({ outcome }) => outcome.status === "succeeded")).toBe(true);
  expect(cloud.deadLetters).toEqual([]);
});
