import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findOne } from "./plants/find-plants.ts";
import { findPlant } from "./plants/index.ts";
import { type Elsewhere, openElsewhere, type Told } from "./play/play-in-workers.ts";

// The whole of it, with every kept seed and every plant: `npm run universe`, and `universe.slow.test.ts`.
let elsewhere: Elsewhere;
beforeAll(async () => {
  elsewhere = await openElsewhere();
});
afterAll(() => elsewhere[Symbol.asyncDispose]());

async function play(...args: string[]): Promise<Told[]> {
  const told: Told[] = [];
  await elsewhere.play(args, (one) => told.push(one));
  return told;
}

test("worlds hold all laws, and each is the same again by itself", async () => {
  const all = await play("--seeds", "1..2");
  expect(all.filter(({ breach }) => breach)).toEqual([]);
  expect(all).toHaveLength(2);
  expect(all.reduce((sum, { preemptions }) => sum + preemptions, 0)).toBeGreaterThan(100);
  const [alone] = await play("--seeds", "2..2");
  expect(alone?.digest).toBe(all.find(({ seed }) => seed === 2)?.digest);
});

test.each(["economy", "change"])("they hold them where steps live together: %s", async (placed) => {
  const all = await play("--seeds", "1..2", "--placed", placed);
  expect(all.filter(({ breach }) => breach)).toEqual([]);
  expect(all).toHaveLength(2);
});

test.each(["ack-before-store", "lease-extension-lost"])("a planted bug is found: %s", async (name) => {
  const { by } = await findOne(elsewhere, findPlant(name), "1..200", 1 / 6);
  expect(by?.breach).toBeDefined();
});

test("a plant that does not fit the product any more is told", async () => {
  const child = spawn(process.execPath, [
    fileURLToPath(new URL("main.ts", import.meta.url)),
    "--plant",
    "no-such",
  ]);
  let words = "";
  child.stderr.on("data", (text) => {
    words += text;
  });
  await new Promise((resolve) => child.on("close", resolve));
  expect(words).toContain('no plant "no-such"');
});
