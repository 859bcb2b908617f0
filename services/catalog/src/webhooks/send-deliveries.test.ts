// Over the wire: receivers that take what comes, and those that don't.
import { createDeliveryQueue, createWebhookRows, type Pool, readChanges } from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { createId, defaultWebhookTypes } from "@segue/contracts";
import { beforeEach, describe, expect, test } from "vitest";
import { trackId } from "../fixtures/chain.ts";
import { usePool } from "../fixtures/test-pool.ts";
import { type ReceivedDelivery, startReceiver } from "../fixtures/webhook-receiver.ts";
import { addWebhook, happen, ownedBy, reading, startSender } from "../fixtures/webhooks.ts";
import { signWebhook } from "./sign-webhook.ts";

const patient = { timeout: 90_000 };
const codesOf = (bodies: readonly Record<string, unknown>[], track: number) =>
  bodies.filter((body) => body.trackId === trackId(track)).map(({ code }) => code);
const numbered = (track: number, count: number) =>
  Array.from({ length: count }, (_, n) => ({ track, code: `c${n}` }));
const codes = (count: number) => numbered(1, count).map(({ code }) => code);

describe.each(testDatabases)("deliveries over $name", (kind) => {
  let pool: Pool;
  usePool(kind, (started) => {
    pool = started.pool;
  });
  beforeEach(() => emptyTables(pool));
  const { logOf, find } = reading(() => pool);

  test("what is asked for arrives as the feed has it, signed, and nothing else does", async () => {
    await using receiver = await startReceiver();
    await happen(pool, { track: 9 });
    const { id, secret } = await addWebhook(pool, receiver.url);
    const { sender, outcomes } = startSender(pool);
    await happen(
      pool,
      { track: 1, type: "track.accepted" },
      { track: 1, type: "step.succeeded" },
      { track: 2 },
    );
    sender.note();
    await expect.poll(() => receiver.taken().length, patient).toBe(2);
    const { epoch, changes } = await readChanges(pool, { after: 1, limit: 10 });
    const told = changes
      .filter(({ type }) => type !== "step.succeeded")
      .map(({ number, owner: _, ...change }) => {
        return { cursor: Buffer.from(`${epoch}.${number}`).toString("base64url"), ...change };
      });
    expect(receiver.taken().toSorted((a, b) => String(a.trackId).localeCompare(String(b.trackId)))).toEqual(
      told,
    );
    for (const { id: messageId, headers, body } of receiver.received) {
      const at = new Date(Number(headers["webhook-timestamp"]) * 1_000);
      expect(headers).toMatchObject({
        ...signWebhook([secret], { id: messageId, at, body }),
        "content-type": "application/json",
      });
    }
    await expect.poll(() => outcomes, patient).toEqual(["delivered", "delivered"]);
    await sender.stop();
    expect(await logOf(id, "delivered")).toMatchObject([
      { attempts: 1, nextAttemptAt: null, lastAttempt: { status: 204 } },
      { type: "track.accepted", trackId: trackId(1) },
    ]);
    expect(await find(id)).toMatchObject({ waiting: 0, failingSince: null, gapAt: null });
  });

  test("a webhook is told of its owner's tracks, and of nobody else's", async () => {
    await using receiver = await startReceiver();
    const { id } = await addWebhook(pool, receiver.url);
    await happen(pool, { track: 1 }, { track: 2, owner: "another" });
    const { sender } = startSender(pool);
    await happen(pool, { track: 3 });
    sender.note();
    await expect.poll(() => receiver.taken().length, patient).toBe(2);
    await sender.stop();
    const told = new Set((await logOf(id)).map((delivery) => delivery.trackId));
    expect(told).toEqual(new Set([trackId(1), trackId(3)]));
  });

  test("however many there are, those that are furthest behind have their turn next", async () => {
    const rows = createWebhookRows(pool);
    const queue = createDeliveryQueue(pool);
    const url = "https://receiver.example/";
    for (let n = 0; n < 101; n++) {
      const about = { url, types: defaultWebhookTypes, description: "", active: true, secret: "whsec_" };
      await rows.create({ ...ownedBy(createId(new Date())), ...about }, 1_000);
    }
    await happen(pool, { track: 1 });
    expect(await queue.fanOut()).toBe(true);
    await happen(pool, { track: 2 });
    await queue.fanOut();
    const { rows: told } = await pool.query("select distinct webhook_id from webhook_deliveries");
    expect(told).toHaveLength(101);
  });

  test("what fails is sent again and holds back what follows in its track, in order; other tracks go on", async () => {
    await using receiver = await startReceiver();
    const failures = new Map<string, number>();
    const isRefused = ({ id, body }: ReceivedDelivery) => {
      const left = failures.get(id) ?? 3;
      failures.set(id, left - 1);
      return JSON.parse(body).trackId === trackId(1) && left > 0;
    };
    receiver.answerWith((delivery) => ({ status: isRefused(delivery) ? 500 : 200, body: "well" }));
    const { id } = await addWebhook(pool, receiver.url);
    const { sender } = startSender(pool);
    await happen(pool, ...numbered(1, 5), ...numbered(2, 5));
    sender.note();
    await expect.poll(() => receiver.taken().length, patient).toBe(10);
    for (const track of [1, 2]) expect(codesOf(receiver.taken(), track)).toEqual(codes(5));
    const ofFirst = receiver.received.filter(({ body }) => JSON.parse(body).trackId === trackId(1));
    expect(ofFirst.map(({ body }) => JSON.parse(body).code)).toEqual(
      codes(5).flatMap((code) => Array(4).fill(code)),
    );
    await sender.stop();
    expect(await logOf(id)).toContainEqual(
      expect.objectContaining({
        attempts: 4,
        lastAttempt: expect.objectContaining({ status: 200, answer: "well" }),
      }),
    );
  });

  test("a receiver that is down, cuts connections or answers late gets all there is once it is well, under the same ids", async () => {
    await using receiver = await startReceiver();
    await receiver.goAway();
    const { id } = await addWebhook(pool, receiver.url);
    const { sender, outcomes } = startSender(pool, { paces: { attemptMs: 1_000 } });
    await happen(pool, ...numbered(1, 3), ...numbered(2, 3));
    sender.note();
    await expect.poll(() => outcomes.length, patient).toBeGreaterThan(2);
    await expect
      .poll(() => find(id), patient)
      .toMatchObject({ failingSince: expect.any(String), waiting: 6 });
    receiver.answerWith(() => ({ status: "reset" }));
    await receiver.comeBack();
    await expect.poll(() => receiver.received.length, patient).toBeGreaterThan(1);
    receiver.answerWith(() => ({ status: "silence" }));
    const before = outcomes.length;
    await expect.poll(() => outcomes.length, patient).toBeGreaterThan(before + 1);
    receiver.answerWith(() => ({ status: 200 }));
    await expect.poll(() => receiver.taken().length, patient).toBe(6);
    for (const track of [1, 2]) expect(codesOf(receiver.taken(), track)).toEqual(codes(3));
    expect(new Set(receiver.received.map((each) => each.id)).size).toBe(6);
    await expect.poll(() => find(id), patient).toMatchObject({ failingSince: null, waiting: 0 });
    await sender.stop();
    expect(new Set(outcomes)).toEqual(new Set(["unanswered", "delivered"]));
  });

  test("a receiver that never answers holds up no other", async () => {
    await using slow = await startReceiver();
    await using quick = await startReceiver();
    slow.answerWith(() => ({ status: "silence" }));
    await addWebhook(pool, slow.url);
    await addWebhook(pool, quick.url);
    // Its first attempts are under way for all of the test.
    const { sender, outcomes } = startSender(pool, { paces: { attemptMs: 600_000 } });
    for (let batch = 0; batch < 3; batch++) {
      await happen(pool, ...Array.from({ length: 12 }, (_, n) => ({ track: 100 * batch + n })));
      sender.note();
      await expect.poll(() => quick.taken().length, patient).toBe(12 * (batch + 1));
    }
    // Of one webhook so many at once.
    expect(slow.received).toHaveLength(8);
    expect(new Set(outcomes)).toEqual(new Set(["delivered"]));
    await sender.stop();
    // What was cut off is another's to send at once.
    const claimed = await createDeliveryQueue(pool).claim(8, new Map(), 100);
    expect(claimed.length).toBeGreaterThanOrEqual(8);
  });

  test("a redirect is not followed, and a name or an address that is private is not called", async () => {
    await using inside = await startReceiver();
    await using receiver = await startReceiver();
    receiver.answerWith(() => ({ status: 307, headers: { location: inside.url } }));
    const redirected = await addWebhook(pool, receiver.url);
    const { sender } = startSender(pool);
    await happen(pool, { track: 1 });
    sender.note();
    await expect.poll(() => receiver.received.length, patient).toBeGreaterThan(1);
    await sender.stop();
    expect(inside.received).toEqual([]);
    expect((await logOf(redirected.id))[0]).toMatchObject({ state: "waiting", lastAttempt: { status: 307 } });
    await createWebhookRows(pool).remove(ownedBy(redirected.id));

    const port = new URL(inside.url).port;
    // The one resolves to this machine, the other is it.
    const byName = await addWebhook(pool, `https://localhost:${port}/`);
    const byAddress = await addWebhook(pool, `https://127.0.0.1:${port}/`);
    const plain = await addWebhook(pool, "http://example.com/");
    const guarded = startSender(pool, { allowPrivate: false });
    await happen(pool, { track: 2 });
    guarded.sender.note();
    const answerOf = async (id: string) => (await logOf(id))[0]?.lastAttempt;
    for (const { id } of [byName, byAddress])
      await expect
        .poll(() => answerOf(id), patient)
        .toMatchObject({
          status: null,
          answer: expect.stringContaining("expected a host on the public internet"),
        });
    await expect
      .poll(() => answerOf(plain.id), patient)
      .toMatchObject({ answer: "expected an https:// URL, got http://" });
    await guarded.sender.stop();
    expect(inside.received).toEqual([]);
  });
});
