import { createNames } from "@segue/chain";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRebuildClaims, type RebuildClaims } from "./rebuild-claims.ts";
import { startTestStorage, type TestStorage } from "./testing.ts";

const names = createNames({ projectId: "test", prefix: "test" });
const start = Date.parse("2026-01-01T00:00:00Z");
const after = (ms: number) => new Date(start + ms);

let storage: TestStorage;
let claims: RebuildClaims;
beforeAll(async () => {
  storage = await startTestStorage(names, ["scratch"]);
  claims = createRebuildClaims(storage.store, names);
});
afterAll(() => storage?.[Symbol.asyncDispose]());

let addresses = 0;
const newAddress = () => String(++addresses).padStart(64, "0");
/** Who of many that come at the same moment, each by a clock of its own, has the claim. */
const takeAtOnce = async (address: string, ms: number) => {
  const all = ["a", "b", "c", "d", "e", "f"];
  const taken = await Promise.all(
    all.map(async (request, index) =>
      (await claims.take(address, request, after(ms + index))) ? [request] : [],
    ),
  );
  return taken.flat();
};

test("of many that come at the same moment one has the claim, whether there was none or one that has lapsed", async () => {
  const address = newAddress();
  const [first, ...others] = await takeAtOnce(address, 0);
  expect(others).toEqual([]);
  expect(await takeAtOnce(address, 20_000)).toEqual([first]);
  expect(await takeAtOnce(address, 120_000)).toHaveLength(1);
});

test("who has it prolongs it; what was taken a moment later than one's own clock holds, what is far ahead does not", async () => {
  const address = newAddress();
  expect(await claims.take(address, "a", after(5_000))).toBe(true);
  expect(await claims.take(address, "a", after(20_000))).toBe(true);
  expect(await claims.take(address, "b", after(19_000))).toBe(false);
  expect(await claims.take(address, "b", after(40_000))).toBe(false);
  expect(await claims.take(address, "b", after(-3_600_000))).toBe(true);
});

test("a claim goes with the payload that it was for", async () => {
  const address = newAddress();
  expect(await claims.take(address, "a", after(0))).toBe(true);
  await claims.drop(address);
  expect(await claims.take(address, "b", after(1))).toBe(true);
});
