import { setTimeout as sleep } from "node:timers/promises";
import { createId, requestIdOf } from "@segue/contracts";
import { expect, test } from "vitest";
import { startWithCloud } from "../fixtures/catalog-with-cloud.ts";
import { outcome, requested } from "../fixtures/chain.ts";

test("a track whose message was lost is taken up while a backfill of older ones keeps its step at work", async () => {
  // Longer than anything keeps the test from telling of the next result.
  const quietMs = 2_000;
  await using cloud = await startWithCloud(undefined, quietMs);
  const old = await cloud.track(3_600_000, "asked for by a backfill");
  const { trackId, master } = old;
  const backfillId = createId(new Date(Date.now() - 1_800_000));
  const requestId = requestIdOf(backfillId, trackId);
  const asked = { trackId, master, requestId, backfillId } as const;
  await cloud.publish("tracks", old);
  await cloud.publish("tracks", requested(1, { ...asked, cause: "backfill", priority: "backfill" }));
  const lost = await cloud.track(2 * quietMs, "its publish failed");
  await cloud.publish("tracks", lost);
  const isTakenUp = () => cloud.sent.some(({ request }) => request.trackId === lost.trackId);
  const until = performance.now() + 15 * quietMs;
  while (!isTakenUp() && performance.now() < until) {
    const { attempt, ...told } = outcome(1, "decode");
    const at = new Date().toISOString();
    const now = { attempt: { ...attempt, startedAt: at, finishedAt: at }, at };
    await cloud.publish("outcomes", { ...told, ...now, trackId, master, requestId });
    await sleep(200);
  }
  expect(isTakenUp()).toBe(true);
  const { rows } = await cloud.pool.query("select detail from track_events where track_id = $1", [
    lost.trackId,
  ]);
  expect(rows[0].detail).toBe("overtaken; it waits for decode");
});
