import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createGathering } from "./gather-batch.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const waitMs = 1_000;

interface Run {
  readonly name: string;
  readonly signal: AbortSignal;
}

/** Two at most go together; each ends with its own name. */
function begin() {
  const batches: string[][] = [];
  const gathering = createGathering<Run, string>({ max: 2, waitMs }, async (runs) => {
    const names = runs.map(({ name }) => name);
    batches.push(names);
    return names;
  });
  const add = (name: string, signal = new AbortController().signal) => gathering.add({ name, signal });
  return { add, batches };
}

test("runs go together when enough are there, each to its own end", async () => {
  const { add, batches } = begin();
  await expect(Promise.all(["a", "b", "c", "d"].map((name) => add(name)))).resolves.toEqual([
    "a",
    "b",
    "c",
    "d",
  ]);
  expect(batches).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
});

test("where all have left there is no batch, and whoever comes next is its first", async () => {
  const { add, batches } = begin();
  const told = new AbortController();
  const left = add("left", told.signal);
  told.abort();
  await expect(left).rejects.toMatchObject({ code: "aborted" });
  await vi.advanceTimersByTimeAsync(waitMs - 1);
  const alone = add("alone");
  await vi.advanceTimersByTimeAsync(waitMs - 1);
  expect(batches).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  await expect(alone).resolves.toBe("alone");
  expect(batches).toEqual([["alone"]]);
});
