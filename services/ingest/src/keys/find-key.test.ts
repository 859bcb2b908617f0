import type { StoredKey } from "@segue/catalog-db";
import { expect, test } from "vitest";
import { ProblemError } from "../problem-error.ts";
import { createKeyFinder } from "./find-key.ts";
import { type MadeKey, makeKey } from "./key-text.ts";

const stored = ({ id, digest }: MadeKey): StoredKey => ({
  ...{ id, digest, family: id, owner: "acme", name: "n", scopes: ["tracks:read"], createdBy: "admin" },
  ...{ requestsPerSec: null, burst: null, tracksPerDay: null, bytesPerDay: null },
  ...{ createdAt: new Date(0), expiresAt: null, revokedAt: null, lastUsedAt: null },
});

/** A database that counts what it is asked, and a clock that stands. */
function start(...keys: MadeKey[]) {
  const rows = new Map(keys.map((key) => [key.id, stored(key)]));
  const asked: number[] = [];
  const used: string[] = [];
  const state = { nowMs: 0, isAway: false };
  const finder = createKeyFinder({
    clock: () => state.nowMs,
    paces: { freshMs: 5_000, staleMs: 600_000, pauseMs: 20, awayMs: 1_000, askAgainMs: 5_000 },
    noteUsed: (ids) => used.push(...ids),
    async read(ids) {
      asked.push(ids.length);
      await new Promise((resolve) => setImmediate(resolve));
      if (state.isAway) throw new ProblemError("unavailable", "away");
      return ids.flatMap((id) => rows.get(id) ?? []);
    },
  });
  return { finder, rows, asked, used, state };
}

test("a key is read once in some seconds, and anew after that: so long one that was withdrawn is taken", async () => {
  const key = makeKey();
  const { finder, rows, asked, used, state } = start(key);
  for (let n = 0; n < 50; n++)
    expect(await finder.find(key.text)).toMatchObject({ id: key.id, revokedAt: null });
  expect(asked).toEqual([1]);
  expect(used).toEqual([key.id]);
  rows.set(key.id, { ...stored(key), revokedAt: new Date() });
  state.nowMs = 4_999;
  expect((await finder.find(key.text))?.revokedAt).toBeNull();
  state.nowMs = 5_000;
  expect((await finder.find(key.text))?.revokedAt).not.toBeNull();
  finder.forget(key.id);
  await finder.find(key.text);
  expect(asked).toEqual([1, 1, 1]);
});

test("a flood of made-up keys does not keep one alive that was withdrawn", async () => {
  const key = makeKey();
  const { finder, rows, state } = start(key);
  await finder.find(key.text);
  rows.set(key.id, { ...stored(key), revokedAt: new Date() });
  state.nowMs = 300_000;
  const flood = Array.from({ length: 6_000 }, () => finder.find(makeKey().text).catch(() => undefined));
  await expect(finder.find(key.text)).rejects.toBeInstanceOf(ProblemError);
  await Promise.all(flood);
  expect((await finder.find(key.text))?.revokedAt).not.toBeNull();
});

test("thousands of keys that somebody has made up cost a few statements, and those that are no keys none", async () => {
  const key = makeKey();
  const { finder, asked, rows } = start(key);
  const madeUp = Array.from({ length: 4_000 }, () => makeKey().text);
  const found = await Promise.all([...madeUp, key.text].map((text) => finder.find(text)));
  expect(found.filter((each) => each !== undefined)).toMatchObject([{ id: key.id }]);
  expect(asked.length).toBeLessThanOrEqual(10);
  const before = asked.length;
  await Promise.all(madeUp.map((text) => finder.find(text)));
  await Promise.all(madeUp.map((text) => finder.find(text.slice(0, -1))));
  // Whatever secret is tried under an id that is known.
  const other = { ...makeKey(), id: key.id };
  for (let n = 0; n < 100; n++) expect(await finder.find(other.text)).toBeUndefined();
  expect(asked.length).toBeLessThanOrEqual(before + 1);
  expect(rows.size).toBe(1);
});

test("more than may wait are refused, and those that wait are answered", async () => {
  const key = makeKey();
  const { finder } = start(key);
  const all = Array.from({ length: 6_000 }, () => makeKey().text);
  const settled = await Promise.allSettled([finder.find(key.text), ...all.map((text) => finder.find(text))]);
  expect(settled[0]).toMatchObject({ status: "fulfilled", value: { id: key.id } });
  const refused = settled.filter(({ status }) => status === "rejected");
  expect(refused.length).toBeGreaterThan(0);
  for (const { reason } of refused as PromiseRejectedResult[])
    expect(reason).toMatchObject({ problem: "unavailable" });
});

test("while the database is away, keys that are remembered go on for some minutes; whether others are any can't be told", async () => {
  const [key, other] = [makeKey(), makeKey()];
  const { finder, state, asked } = start(key, other);
  await finder.find(key.text);
  Object.assign(state, { isAway: true, nowMs: 60_000 });
  expect(await finder.find(key.text)).toMatchObject({ id: key.id });
  await expect(finder.find(other.text)).rejects.toMatchObject({ problem: "unavailable" });
  // Nobody is kept waiting for it meanwhile.
  const before = asked.length;
  await finder.find(key.text);
  await expect(finder.find(other.text)).rejects.toMatchObject({ problem: "unavailable" });
  expect(asked.length).toBe(before);
  state.nowMs = 700_000;
  await expect(finder.find(key.text)).rejects.toMatchObject({ problem: "unavailable" });
  Object.assign(state, { isAway: false, nowMs: 702_000 });
  expect(await finder.find(key.text)).toMatchObject({ id: key.id });
  expect(await finder.find(other.text)).toMatchObject({ id: other.id });
});
