import { readBackfills } from "@segue/catalog-db";
import { tracksTopic } from "@segue/chain";
import { createId } from "@segue/contracts";
import { expect, test } from "vitest";
import { startWithCloud } from "../fixtures/catalog-with-cloud.ts";

const selection = { trackId: null, acceptedSince: null, state: null };
const asked = () => {
  const backfillId = createId(new Date());
  const targets = { targets: ["tempo"], force: [], selection, inFlight: 3 };
  return { v: 1, type: "BackfillRequested", backfillId, ...targets, requestedAt: new Date().toISOString() };
};

test("a catalog that has nothing to drive is woken by a backfill that is asked for, and by one that goes on", async () => {
  await using cloud = await startWithCloud();
  const stateOf = async (id: string) => (await readBackfills(cloud.pool, id))[0]?.state;
  const first = asked();
  await cloud.publish(tracksTopic, first);
  await expect.poll(() => stateOf(first.backfillId)).toBe("done");

  const second = asked();
  const steered = (action: string, at: number) => ({
    ...{ v: 1, type: "BackfillSteered", backfillId: second.backfillId, action },
    at: new Date(Date.now() + at).toISOString(),
  });
  // Whichever is stored first, it is paused before it is driven, or done.
  await cloud.pool.query(
    "insert into backfills (id, targets, force, selection, in_flight, requested_at, state) values ($1, '{tempo}', '{}', $2, 3, now(), 'paused')",
    [second.backfillId, selection],
  );
  await cloud.publish(tracksTopic, steered("resume", 1));
  await expect.poll(() => stateOf(second.backfillId)).toBe("done");
});

test("a backfill that a catalog can't go on with is another's once its claim has run out, and holds up no other", async () => {
  await using cloud = await startWithCloud();
  const stateOf = async (id = "") => (await readBackfills(cloud.pool, id))[0]?.state;
  const before = asked();
  await cloud.publish(tracksTopic, before);
  await expect.poll(() => stateOf(before.backfillId)).toBe("done");
  const ids = [createId(new Date()), createId(new Date())];
  for (const [index, state] of ["of-tomorrow", null].entries())
    await cloud.pool.query(
      "insert into backfills (id, targets, force, selection, in_flight, requested_at) values ($1, '{tempo}', '{}', $2, 3, now())",
      [ids[index], { ...selection, state }],
    );
  await cloud.publish(tracksTopic, asked());
  await expect.poll(() => stateOf(ids[1])).toBe("done");
  const claim = "update backfills set driver = 'another' where driven_until <= now() and state = 'running'";
  const claimed = async () => (await cloud.pool.query(claim)).rowCount;
  await expect.poll(claimed, { timeout: 60_000 }).toBe(1);
});
