import { expect, test } from "vitest";
import { createOwnSlots } from "./own-slots.ts";

const never = new AbortController().signal;

/** Takes a slot, and says so. */
function line() {
  const slots = createOwnSlots(2);
  const came: string[] = [];
  const take = async (name: string, priority: "live" | "backfill" = "live", signal = never) => {
    const slot = await slots.acquire(signal, priority);
    came.push(name);
    return slot;
  };
  return { came, take };
}

test("no more than there are at once, what is live first, then in the order of their coming", async () => {
  const { came, take } = line();
  const [first, second] = await Promise.all([take("first"), take("second")]);
  const waiting = [take("backfill", "backfill"), take("third"), take("fourth")];
  expect(came).toEqual(["first", "second"]);
  first[Symbol.dispose]();
  // Given back twice is given back once.
  first[Symbol.dispose]();
  const third = await waiting[1];
  expect(came).toEqual(["first", "second", "third"]);
  third?.[Symbol.dispose]();
  second[Symbol.dispose]();
  await Promise.all(waiting);
  expect(came).toEqual(["first", "second", "third", "fourth", "backfill"]);
});

test("whoever stops waiting is forgotten, and takes nothing", async () => {
  const { came, take } = line();
  const [first] = await Promise.all([take("first"), take("second")]);
  const giving = new AbortController();
  const gone = take("gone", "live", giving.signal);
  giving.abort(new Error("it drains"));
  await expect(gone).rejects.toThrow("it drains");
  await expect(take("late", "live", giving.signal)).rejects.toThrow("it drains");
  first[Symbol.dispose]();
  await take("third");
  expect(came).toEqual(["first", "second", "third"]);
});
