// A real worker, and what it says of its readiness where nothing answers, and where something is missing.
import { expect, test } from "vitest";
import { startWorkerCloud } from "./fixtures/worker-cloud.ts";

test("a worker whose queue and storage can't be reached is not ready, and says why", async () => {
  await using cloud = await startWorkerCloud();
  const nowhere = "127.0.0.1:9";
  const env = { PUBSUB_EMULATOR_HOST: nowhere, SEGUE_GCS_ENDPOINT: `http://${nowhere}` };
  const worker = await cloud.startWorker("reader", env);
  const reasons = async () => JSON.parse((await worker.readiness()).body);
  await expect.poll(reasons).toEqual({
    status: "not-ready",
    reasons: [
      { what: "queue", why: expect.stringMatching(/ECONNREFUSED|UNAVAILABLE|DEADLINE|no answer/) },
      { what: "storage", why: expect.stringMatching(/ECONNREFUSED|did not answer|no answer|127\.0\.0\.1:9/) },
    ],
  });
  expect((await worker.readiness()).status).toBe(503);
});

/** What histograms have for bounds, by name. */
function boundsIn(text: string): Map<string, number[]> {
  const names = [...text.matchAll(/^# TYPE (\S+) histogram$/gm)].map(([, name = ""]) => name);
  return new Map(
    names.map((name) => {
      const found = text.matchAll(new RegExp(`^${name}_bucket\\{.*le="([^"]+)"`, "gm"));
      const bounds = new Set([...found].map(([, bound]) => Number(bound?.replace("+Inf", "Infinity"))));
      return [name, [...bounds].sort((a, b) => a - b)];
    }),
  );
}

test("every histogram's bounds are in the unit that its name says, and the budget is among them", async () => {
  await using cloud = await startWorkerCloud();
  const worker = await cloud.startWorker("reader");
  await cloud.submit(1, "measured");
  await expect.poll(() => cloud.outcomes.length).toBe(1);
  await expect.poll(worker.metrics).toContain("segue_delivery_duration_seconds_bucket");
  const histograms = boundsIn(await worker.metrics());
  for (const [name, bounds] of histograms) {
    expect(name).toMatch(/_(seconds|bytes)$/);
    const finite = bounds.filter(Number.isFinite);
    // Of what takes seconds, none takes hours; in milliseconds they would go to 10,000.
    if (name.endsWith("_seconds")) expect(finite.at(-1), name).toBeLessThanOrEqual(3_600);
    if (name.endsWith("_bytes")) expect(finite.at(-1), name).toBeGreaterThanOrEqual(2 ** 20);
  }
  const delivery = histograms.get("segue_delivery_duration_seconds") ?? [];
  expect(delivery).toContain(10);
  expect(delivery.filter((bound) => bound < 10).length).toBeGreaterThanOrEqual(5);
  expect(delivery.filter((bound) => bound > 10).length).toBeGreaterThanOrEqual(2);
});

test("a worker that can do its work is ready; one whose subscription is missing is not", async () => {
  await using cloud = await startWorkerCloud();
  const worker = await cloud.startWorker("reader");
  await expect.poll(async () => (await worker.readiness()).status).toBe(200);
  expect(JSON.parse((await worker.readiness()).body)).toEqual({ status: "ready", reasons: [] });
  const stray = await cloud.startWorker("reader", { SEGUE_PREFIX: "elsewhere" });
  await expect
    .poll(async () => (await stray.readiness()).body)
    .toMatch(/"queue".*(NOT_FOUND|not found|does not exist)/i);
  expect(await worker.metrics()).toMatch(/^segue_ready\S* 1$/m);
  expect(await stray.metrics()).toMatch(/^segue_ready\S* 0$/m);
});

test("a worker that may not pull is not ready, though the queue says that it is there", async () => {
  await using cloud = await startWorkerCloud();
  const worker = await cloud.startWorker("reader", { PUBSUB_EMULATOR_HOST: cloud.refusingQueue });
  await expect
    .poll(async () => JSON.parse((await worker.readiness()).body).reasons)
    .toEqual([{ what: "reader", why: expect.stringMatching(/^subscription \S+: .*not authorized/) }]);
  expect(await worker.metrics()).toMatch(/^segue_ready\S* 0$/m);
});
