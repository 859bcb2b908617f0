import { expect, test } from "vitest";
import { designKWeighting, weighedEnergy } from "./k-weighting.ts";

test("at 48 kHz the filters are those that ITU-R BS.1770-4 lists", () => {
  const { shelf, highPass } = designKWeighting(48_000);
  expect(shelf.b0).toBeCloseTo(1.53512485958697, 9);
  expect(shelf.b1).toBeCloseTo(-2.69169618940638, 9);
  expect(shelf.b2).toBeCloseTo(1.19839281085285, 9);
  expect(shelf.a1).toBeCloseTo(-1.69065929318241, 9);
  expect(shelf.a2).toBeCloseTo(0.73248077421585, 9);
  expect(highPass.a1).toBeCloseTo(-1.99004745483398, 9);
  expect(highPass.a2).toBeCloseTo(0.99007225036621, 9);
});

test("the two channels don't touch each other, and nothing is left of a click after a second", () => {
  const click = new Float64Array(44_100);
  click[100] = 32_767;
  const silent = new Float64Array(click.length);
  const weighting = designKWeighting(44_100);
  const run = (left: Float64Array, right: Float64Array) => {
    const [leftState, rightState] = [new Float64Array(4), new Float64Array(4)];
    const weights = { leftWeight: 1, rightWeight: 1 };
    const span = { from: 0, to: click.length, left, right, leftState, rightState, ...weights };
    return { energy: weighedEnergy(weighting, span), leftState, rightState };
  };
  const alone = run(click, silent);
  expect(alone.rightState).toEqual(new Float64Array(4));
  expect(alone.leftState).toEqual(new Float64Array(4));
  expect(run(silent, click).energy).toBe(alone.energy);
  expect(run(click, click).energy).toBe(2 * alone.energy);
});
