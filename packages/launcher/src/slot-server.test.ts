import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSharedSlots } from "@segue/host/cpu-slots";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type SlotServer, startSlotServer } from "./slot-server.ts";

let dir: string;
let server: SlotServer;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "segue-slots-"));
  server = await startSlotServer(join(dir, "cpu.sock"), 2);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

const never = new AbortController().signal;
const isPending = async (promise: Promise<unknown>) => {
  const pending = Symbol();
  // A connection to a local socket is answered well within this; a slot that is not free never is.
  return (
    (await Promise.race([promise, new Promise((resolve) => setTimeout(resolve, 200, pending))])) === pending
  );
};

test("no more than the slots are held at once, and they are handed on in order", async () => {
  const slots = createSharedSlots(server.socketPath);
  const first = await slots.acquire(never, "live");
  const second = await slots.acquire(never, "live");
  const third = slots.acquire(never, "live");
  expect(await isPending(third)).toBe(true);
  const fourth = slots.acquire(never, "live");
  second[Symbol.dispose]();
  const held = await third;
  expect(await isPending(fourth)).toBe(true);
  first[Symbol.dispose]();
  (await fourth)[Symbol.dispose]();
  held[Symbol.dispose]();
});

test("whoever stops waiting is forgotten", async () => {
  const slots = createSharedSlots(server.socketPath);
  const held = [await slots.acquire(never, "live"), await slots.acquire(never, "live")];
  const giving = new AbortController();
  const waiting = slots.acquire(giving.signal, "live");
  const refused = expect(waiting).rejects.toThrow();
  giving.abort();
  await refused;
  for (const slot of held) slot[Symbol.dispose]();
  (await slots.acquire(never, "live"))[Symbol.dispose]();
});

test("what is live is served before the backfill that came first", async () => {
  const slots = createSharedSlots(server.socketPath);
  const [first, second] = [await slots.acquire(never, "live"), await slots.acquire(never, "backfill")];
  const backfill = slots.acquire(never, "backfill");
  expect(await isPending(backfill)).toBe(true);
  const live = slots.acquire(never, "live");
  expect(await isPending(live)).toBe(true);
  first[Symbol.dispose]();
  const held = await live;
  expect(await isPending(backfill)).toBe(true);
  second[Symbol.dispose]();
  (await backfill)[Symbol.dispose]();
  held[Symbol.dispose]();
});
