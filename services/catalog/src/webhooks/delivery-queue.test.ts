// Whose turn it is, and what is said of a webhook while it is being sent something.
import { type ClaimedDelivery, createDeliveryQueue, createWebhookRows, type Pool } from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { createId, defaultOwner, defaultWebhookTypes } from "@segue/contracts";
import { beforeEach, describe, expect, test } from "vitest";
import { usePool } from "../fixtures/test-pool.ts";
import { addWebhook, happen, ownedBy, reading } from "../fixtures/webhooks.ts";

const url = "https://receiver.example/";
const refused = { status: 500, latencyMs: 1, answer: "no" };
const later = { state: "waiting", retryMs: 3_600_000, disabled: null } as const;
const all = 1_000;

describe.each(testDatabases)("the queue of deliveries over $name", (kind) => {
  let pool: Pool;
  usePool(kind, (started) => {
    pool = started.pool;
  });
  beforeEach(() => emptyTables(pool));
  const { find, logOf } = reading(() => pool);

  const add = async (owner: string) => {
    const id = createId(new Date());
    const about = { url, types: defaultWebhookTypes, description: "", active: true, secret: "whsec_" };
    await createWebhookRows(pool).create({ id, owner, ...about }, 100);
    return id;
  };
  const happenTo = (owner: string, count: number) =>
    happen(pool, ...Array.from({ length: count }, (_, n) => ({ track: n, owner })));
  const countByWebhook = (claimed: readonly ClaimedDelivery[]) => {
    const counts = new Map<string, number>();
    for (const { webhookId } of claimed) counts.set(webhookId, (counts.get(webhookId) ?? 0) + 1);
    return counts;
  };

  test("where there is no room for all, each owner has its share, and each of an owner's webhooks", async () => {
    const queue = createDeliveryQueue(pool);
    const many = [await add("many"), await add("many"), await add("many"), await add("many")];
    const one = await add("one");
    await happenTo("many", 20);
    await happenTo("one", 20);
    while (await queue.fanOut());
    const counts = countByWebhook(await queue.claim(8, new Map(), 8));
    expect(counts.get(one)).toBe(4);
    expect(many.map((id) => counts.get(id))).toEqual([1, 1, 1, 1]);
  });

  test("what slow receivers have under way is theirs: what is free then goes to others first", async () => {
    const queue = createDeliveryQueue(pool);
    const slow = [];
    for (let n = 0; n < 32; n++) slow.push(await add("many"));
    await happenTo("many", 20);
    while (await queue.fanOut());
    const first = await queue.claim(8, new Map(), 256);
    expect(first).toHaveLength(256);
    const [well, other] = [await add("one"), await add("many")];
    await happenTo("one", 3);
    await happenTo("many", 3);
    while (await queue.fanOut());
    // Two of them have ended.
    const underWay = new Map(countByWebhook(first.slice(2)));
    expect(await queue.claim(8, underWay, 2)).toMatchObject([{ webhookId: well }, { webhookId: well }]);
    // The last of that owner's, and then whichever of the others' has nothing under way.
    const next = countByWebhook(await queue.claim(8, underWay, 4));
    expect([next.get(well), next.get(other)]).toEqual([1, 3]);
  });

  test("a webhook that is let on again while it is being sent something is not sent it twice, and what is not taken says nothing of it", async () => {
    const queue = createDeliveryQueue(pool);
    const { id } = await addWebhook(pool, url);
    await happenTo(defaultOwner, 2);
    await queue.fanOut();
    const [gone, late] = await queue.claim(8, new Map(), all);
    if (!gone || !late) throw new Error("expected two deliveries");
    await queue.settle(late, refused, later);
    const before = await queue.claim(8, new Map(), all);
    expect(before).toEqual([]);
    await createWebhookRows(pool).change(ownedBy(id), { active: true });
    // The one that waited for its next attempt; the other is being sent.
    const [again, ...more] = await queue.claim(8, new Map([[id, 1]]), all);
    expect([again?.id, more]).toEqual([late.id, []]);
    const disabled = { state: "waiting", retryMs: 1, disabled: "it has gone" } as const;
    const verdict = await queue.settle(gone, { ...refused, status: 410 }, disabled);
    expect(verdict).toEqual({ state: "waiting", retryMs: 0, disabled: null });
    expect(await find(id)).toMatchObject({ state: "active", failingSince: null, waiting: 2 });
    expect(await queue.claim(8, new Map(), all)).toMatchObject([
      { id: gone.id, attempts: 1, failingMs: null },
    ]);
    if (again) await queue.settle(again, { ...refused, status: 200 }, { ...later, state: "delivered" });
    expect(await logOf(id, "delivered")).toMatchObject([{ id: late.id, attempts: 2 }]);
  });

  test("what was sent to where it is no more says nothing of where it is now", async () => {
    const queue = createDeliveryQueue(pool);
    const { id } = await addWebhook(pool, url);
    await happenTo(defaultOwner, 1);
    await queue.fanOut();
    const [gone] = await queue.claim(8, new Map(), all);
    if (!gone) throw new Error("expected a delivery");
    await createWebhookRows(pool).change(ownedBy(id), { url: "https://elsewhere.example/" });
    await queue.settle(gone, { ...refused, status: 410 }, { ...later, disabled: "it has gone" });
    expect(await find(id)).toMatchObject({ state: "active", failingSince: null });
    expect(await queue.claim(8, new Map(), all)).toMatchObject([{ url: "https://elsewhere.example/" }]);
  });

  test("time in which there was nothing to send is not time in which nothing was taken", async () => {
    const queue = createDeliveryQueue(pool);
    const { id } = await addWebhook(pool, url);
    await happenTo(defaultOwner, 1);
    await queue.fanOut();
    const failOnce = async () => {
      const [delivery] = await queue.claim(8, new Map(), all);
      if (!delivery) throw new Error("expected a delivery");
      await queue.settle(delivery, refused, { ...later, retryMs: 0 });
      return delivery.failingMs;
    };
    expect(await failOnce()).toBeNull();
    const since = async () => Date.parse((await find(id))?.failingSince ?? "");
    const first = await since();
    expect(await failOnce()).toBeGreaterThan(0);
    expect(await since()).toBe(first);
    await pool.query("update webhooks set failed_at = now() - interval '1 week', failing_since = failed_at");
    expect(await failOnce()).toBeNull();
    expect(await since()).toBeGreaterThanOrEqual(first);
  });
});
