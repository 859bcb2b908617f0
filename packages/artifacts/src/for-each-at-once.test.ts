import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { forEachAtOnce } from "./for-each-at-once.ts";

async function* count(to: number, taken: number[] = []) {
  for (let n = 0; n < to; n++) {
    taken.push(n);
    yield n;
  }
}

test("does everything once, as many at once as allowed and no more", async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await forEachAtOnce(count(50), 8, async (n) => {
    running += 1;
    most = Math.max(most, running);
    await turn();
    running -= 1;
    done.push(n);
  });
  expect(most).toBe(8);
  expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n));
});

test("takes nothing more after a failure, waits for what has begun, and throws it", async () => {
  const taken: number[] = [];
  const done: number[] = [];
  const all = forEachAtOnce(count(50, taken), 4, async (n) => {
    if (n === 2) throw new Error("the third");
    await turn();
    await turn();
    done.push(n);
  });
  await expect(all).rejects.toThrow("the third");
  expect(taken.length).toBeLessThan(10);
  expect(done.length).toBeGreaterThanOrEqual(2);
});
