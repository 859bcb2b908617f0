// Over the wire: what becomes of webhooks in time, and of what those had under way who were killed.
import { createDeliveryLog, createDeliveryQueue, createWebhookRows, type Pool } from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { beginFeedAnewSql } from "../changes/tell-changes.ts";
import { usePool } from "../fixtures/test-pool.ts";
import { startReceiver } from "../fixtures/webhook-receiver.ts";
import { addWebhook, happen, ownedBy, reading, startSender } from "../fixtures/webhooks.ts";
import { signWebhook } from "./sign-webhook.ts";

const patient = { timeout: 90_000 };

describe.each(testDatabases)("webhooks over $name", (kind) => {
  let pool: Pool;
  usePool(kind, (started) => {
    pool = started.pool;
  });
  beforeEach(() => emptyTables(pool));
  const { logOf, find } = reading(() => pool);
  const codesOf = (bodies: readonly Record<string, unknown>[]) => bodies.map(({ code }) => code);

  test("what a process had that was killed is sent again under the same id, in order, and nothing is lost", async () => {
    await using receiver = await startReceiver();
    await addWebhook(pool, receiver.url);
    await happen(pool, ...["a", "b", "c"].map((code) => ({ track: 1, code })));
    const killed = createDeliveryQueue(pool);
    expect(await killed.fanOut()).toBe(false);
    const [had, ...others] = await killed.claim(8, new Map(), 100);
    expect([had?.body, others]).toEqual([expect.stringContaining('"a"'), []]);
    // It has sent it, and dies before it can say so.
    await fetch(receiver.url, {
      method: "POST",
      body: had?.body ?? "",
      headers: { "webhook-id": had?.id ?? "" },
    });
    // Others wait for as long as its attempt might take.
    expect(await killed.claim(8, new Map(), 100)).toEqual([]);
    await pool.query("update webhook_deliveries set next_at = now() where next_at is not null");
    const { sender } = startSender(pool);
    await expect.poll(() => codesOf(receiver.taken()), patient).toEqual(["a", "b", "c"]);
    expect(receiver.received.map(({ id }) => id === had?.id)).toEqual([true, true, false, false]);
    await expect.poll(() => killed.readDue(), patient).toMatchObject({ inMs: null });
    // It was frozen, and says so late: nothing changes.
    await sender.stop();
    if (had)
      await killed.settle(
        had,
        { status: 500, latencyMs: 1, answer: "" },
        { state: "waiting", retryMs: 0, disabled: null },
      );
    expect(await killed.readDue()).toMatchObject({ inMs: null });
  });

  test("two secrets sign while the one before is still good, and one after", async () => {
    await using receiver = await startReceiver();
    const { id, secret } = await addWebhook(pool, receiver.url);
    const rows = createWebhookRows(pool);
    const next = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
    const rotate = async (to: string, overlapSec: number) => {
      const rotated = await rows.rotate(ownedBy(id), { secret: to, overlapSec, most: 3 });
      return rotated?.isMade ? rotated.previousExpiresAt : rotated;
    };
    const goodUntil = await rotate(next, 3_600);
    expect(Date.parse(String(goodUntil))).toBeGreaterThan(Date.now() + 3_000_000);
    const { sender } = startSender(pool);
    const sign = async (secrets: string[], count: number) => {
      await happen(pool, { track: count });
      sender.note();
      await expect.poll(() => receiver.taken().length, patient).toBe(count);
      const { id: messageId, headers, body } = receiver.received.at(-1) ?? expect.unreachable();
      const at = new Date(Number(headers["webhook-timestamp"]) * 1_000);
      expect(headers).toMatchObject(signWebhook(secrets, { id: messageId, at, body }));
    };
    await sign([next, secret], 1);
    expect((await find(id))?.secrets).toMatchObject([{ expiresAt: null }, { expiresAt: goodUntil }]);
    await pool.query("update webhook_secrets set expires_at = now() where expires_at is not null");
    await sign([next], 2);
    expect(await rotate(secret, 0)).toEqual(expect.any(String));
    await sign([secret], 3);
    // Each that signs is a signature in every request: there are so many at once.
    expect([await rotate(next, 60), await rotate(secret, 60)]).toEqual([
      expect.any(String),
      expect.any(String),
    ]);
    expect(await rotate(next, 60)).toEqual({ isMade: false });
    expect(await rotate(next, 0)).toEqual(expect.any(String));
    await sender.stop();
  });

  test("410 disables at once; let on again it gets what has happened meanwhile, where it was", async () => {
    await using receiver = await startReceiver();
    const { id } = await addWebhook(pool, receiver.url);
    const { sender, disabled } = startSender(pool);
    receiver.answerWith(() => ({ status: 410 }));
    await happen(pool, { track: 1, code: "a" });
    sender.note();
    await expect.poll(() => disabled, patient).toEqual([expect.stringContaining("410")]);
    expect(await find(id)).toMatchObject({ state: "disabled", disabledReason: disabled[0], waiting: 1 });
    await happen(pool, { track: 1, code: "b" }, { track: 2, code: "c" });
    sender.note();
    receiver.answerWith(() => ({ status: 200 }));
    await createWebhookRows(pool).change(ownedBy(id), { active: true });
    sender.call();
    await expect.poll(() => codesOf(receiver.taken()).toSorted(), patient).toEqual(["a", "b", "c"]);
    expect(receiver.received).toHaveLength(4);
    await createWebhookRows(pool).change(ownedBy(id), { active: false });
    await happen(pool, { track: 3, code: "d" });
    sender.note();
    await createWebhookRows(pool).change(ownedBy(id), { url: receiver.url });
    expect(await find(id)).toMatchObject({ state: "paused", disabledReason: null });
    await createWebhookRows(pool).change(ownedBy(id), { active: true, types: ["track.failed"] });
    await happen(pool, { track: 3, type: "track.failed", code: "e" });
    sender.call();
    await expect.poll(() => codesOf(receiver.taken()), patient).toContain("e");
    expect(codesOf(receiver.taken())).not.toContain("d");
    await sender.stop();
  });

  test("what is not taken for long is given up, and its track goes on; it is replayed alone, and with all since, in order", async () => {
    await using receiver = await startReceiver();
    const { id } = await addWebhook(pool, receiver.url);
    const { sender, outcomes } = startSender(pool, { paces: { giveUpMs: 0 } });
    receiver.answerWith(({ body }) => ({ status: /"[ab]"/.test(body) ? 500 : 200 }));
    await happen(pool, ...["a", "b", "c"].map((code) => ({ track: 1, code })));
    sender.note();
    await expect.poll(() => codesOf(receiver.taken()), patient).toEqual(["c"]);
    await expect.poll(() => outcomes, patient).toEqual(["given-up", "given-up", "delivered"]);
    await sender.stop();
    const [b, a] = await logOf(id, "failed");
    expect([a, b]).toMatchObject([{ attempts: 1, lastAttempt: { status: 500 } }, { state: "failed" }]);
    receiver.answerWith(() => ({ status: 200 }));
    const log = createDeliveryLog(pool);
    await log.replay(id, b?.id ?? "");
    const again = startSender(pool);
    await expect.poll(() => codesOf(receiver.taken()), patient).toEqual(["c", "b"]);
    await expect.poll(() => logOf(id, "delivered"), patient).toHaveLength(2);
    const before = receiver.received.length;
    expect(await log.replaySince(id, new Date(0).toISOString(), ["failed", "delivered"])).toBe(3);
    again.sender.call();
    await expect.poll(() => logOf(id, "delivered"), patient).toHaveLength(3);
    expect(receiver.received.slice(before).map(({ body }) => JSON.parse(body).code)).toEqual(["a", "b", "c"]);
    expect(await log.replaySince(id, new Date(Date.now() + 60_000).toISOString(), ["delivered"])).toBe(0);
    await again.sender.stop();
  });

  test("a webhook that takes nothing for long is disabled, and says why", async () => {
    await using receiver = await startReceiver();
    const { id } = await addWebhook(pool, receiver.url);
    receiver.answerWith(() => ({ status: 503 }));
    const { sender, disabled } = startSender(pool, { paces: { disableMs: 0 } });
    await happen(pool, { track: 1 });
    sender.note();
    await expect
      .poll(() => disabled, patient)
      .toEqual(["nothing was taken for 0 hours: expected HTTP 2xx, got HTTP 503"]);
    const found = await find(id);
    expect(found).toMatchObject({ state: "disabled", disabledReason: disabled[0] });
    await sender.stop();
  });

  test("old deliveries go, what is behind one that went is not stuck, and a gap in the feed is told", async () => {
    await using receiver = await startReceiver();
    const { id } = await addWebhook(pool, receiver.url);
    await happen(pool, ...["a", "b"].map((code) => ({ track: 1, code })));
    const queue = createDeliveryQueue(pool);
    await queue.fanOut();
    await pool.query(
      "update webhook_deliveries set created_at = now() - interval '9 days' where seq = (select min(seq) from webhook_deliveries)",
    );
    const { sender } = startSender(pool);
    await expect.poll(() => codesOf(receiver.taken()), patient).toContain("b");
    await expect.poll(() => find(id), patient).toMatchObject({ waiting: 0, gapAt: expect.any(String) });
    await sender.stop();
    await createWebhookRows(pool).change(ownedBy(id), { active: false });
    await happen(pool, { track: 2, code: "c" });
    await pool.query(beginFeedAnewSql);
    await createWebhookRows(pool).change(ownedBy(id), { active: true });
    await pool.query("update webhooks set gap_at = null");
    await queue.fanOut();
    expect(await find(id)).toMatchObject({ gapAt: expect.any(String), waiting: 0 });
    await happen(pool, { track: 3, code: "d" });
    await queue.fanOut();
    expect(await logOf(id, "waiting")).toHaveLength(1);
  });

  test("an owner has so many at most, and sees no other's", async () => {
    const { id } = await addWebhook(pool, "https://example.com/");
    const rows = createWebhookRows(pool);
    const other = { owner: "other", id };
    expect([
      await rows.find(other),
      await rows.remove(other),
      await rows.rotate(other, { secret: "whsec_", overlapSec: 1, most: 9 }),
    ]).toEqual([...[undefined, false, undefined]]);
    expect(await rows.change(other, { description: "mine" })).toBeUndefined();
    expect(await rows.list("other")).toEqual([]);
    const about = {
      url: "https://example.com/",
      types: ["track.done"],
      description: "",
      active: true,
      secret: "",
    };
    const next = { ...ownedBy("01900000-0000-7000-8000-00000000000a"), ...about };
    expect(await rows.create(next, 1)).toBeUndefined();
    expect(await rows.create(next, 2)).toMatchObject({ id: next.id });
    expect(await rows.list("default")).toHaveLength(2);
    expect(await rows.remove(ownedBy(id))).toBe(true);
  });
});
