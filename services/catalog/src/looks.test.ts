import { expect, onTestFinished, test } from "vitest";
import { startLooks } from "./looks.ts";

const hourMs = 3_600_000;

/** Looks that are counted; each rests for as long as the test says at that moment. */
function startCounted(restMs: number, shortestMs = 1) {
  const counted = { looks: 0, restMs, onLook: () => {} };
  const looks = startLooks({
    async look() {
      counted.looks += 1;
      counted.onLook();
      return counted.restMs;
    },
    shortestMs,
    longestMs: hourMs,
  });
  onTestFinished(() => looks.stop());
  return { looks, counted };
}

test("a look comes when the one before says, and never where nothing is due", async () => {
  const { counted } = startCounted(5);
  await expect.poll(() => counted.looks).toBeGreaterThan(3);
  counted.restMs = Number.POSITIVE_INFINITY;
  // One may be on its way; then there are no more.
  await expect
    .poll(async () => {
      const before = counted.looks;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return counted.looks - before;
    })
    .toBe(0);
});

test("what changes brings the next look forward, and what is due later does not put it off", async () => {
  const { looks, counted } = startCounted(hourMs);
  await expect.poll(() => counted.looks).toBe(1);
  looks.within(10);
  looks.within(hourMs);
  await expect.poll(() => counted.looks).toBe(2);
});

test("what changes during a look is looked at by the next", async () => {
  const { looks, counted } = startCounted(hourMs);
  counted.onLook = () => {
    if (counted.looks === 1) looks.within(0);
  };
  await expect.poll(() => counted.looks).toBe(2);
});

test("two looks are so far apart, whatever is due", async () => {
  const startedAt = performance.now();
  const { looks, counted } = startCounted(0, 50);
  looks.within(0);
  await expect.poll(() => counted.looks).toBeGreaterThan(4);
  expect((performance.now() - startedAt) / (counted.looks - 1)).toBeGreaterThanOrEqual(50);
});

test("what stops looks no more, and waits for the look under way", async () => {
  const { looks, counted } = startCounted(0);
  await expect.poll(() => counted.looks).toBeGreaterThan(0);
  await looks.stop();
  const { looks: before } = counted;
  looks.within(0);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(counted.looks).toBe(before);
});
