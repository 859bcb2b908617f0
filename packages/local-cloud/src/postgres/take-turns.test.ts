import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createTurns, type HeldUp } from "./take-turns.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("turns are given in the order in which they were asked for, one at a time", async () => {
  const takeTurn = createTurns(() => {});
  const order: string[] = [];
  const play = async (name: string) => {
    const turn = await takeTurn();
    order.push(`${name} has it`);
    await null;
    order.push(`${name} gives it back`);
    turn.end();
  };
  await Promise.all(["a", "b", "c"].map(play));
  expect(order).toEqual(["a", "b", "c"].flatMap((name) => [`${name} has it`, `${name} gives it back`]));
});

test("where a client waits long, it is told for what", async () => {
  const told: HeldUp[] = [];
  const takeTurn = createTurns((held) => told.push(held));
  const turn = await takeTurn();
  turn.doing = "BEGIN";
  const waiting = [takeTurn(), takeTurn()];
  await vi.advanceTimersByTimeAsync(9_999);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(told[0]).toEqual({ doing: "BEGIN", forMs: 10_000, waiting: 2 });
  turn.end();
  for (const next of waiting) (await next).end();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toHaveLength(2);
});
