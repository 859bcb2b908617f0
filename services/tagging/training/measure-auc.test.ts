import { describe, expect, it } from "vitest";
import { chooseThreshold, measureAuc } from "./measure-auc.ts";

describe("measureAuc", () => {
  it.each([
    ["a perfect order", [0.1, 0.2, 0.8, 0.9], [false, false, true, true], 1],
    ["the reverse", [0.9, 0.8, 0.2, 0.1], [false, false, true, true], 0],
    ["one pair of four wrong", [0.1, 0.6, 0.5, 0.9], [false, false, true, true], 0.75],
    ["ties throughout", [0.5, 0.5, 0.5, 0.5], [false, true, false, true], 0.5],
  ])("of %s", (_what, scores, truths, auc) => {
    expect(measureAuc(scores, truths)).toBeCloseTo(auc, 12);
  });

  it("does not exist without both kinds of example", () => {
    expect(measureAuc([0.1, 0.2], [true, true])).toBeNaN();
  });
});

describe("chooseThreshold", () => {
  const scores = [0.9, 0.8, 0.7, 0.6, 0.4];
  const truths = [true, true, false, true, true];

  it("takes the lowest threshold that is precise enough", () => {
    expect(chooseThreshold(scores, truths, 0.9, 0)).toEqual({ threshold: 0.75, precision: 1, recall: 0.5 });
    expect(chooseThreshold(scores, truths, 0.75, 0)).toEqual({ threshold: 0.2, precision: 0.8, recall: 1 });
  });

  it("stays above the lowest allowed", () => {
    expect(chooseThreshold(scores, truths, 0.75, 0.5)).toEqual({
      threshold: 0.5,
      precision: 0.75,
      recall: 0.75,
    });
  });

  it("finds none where none is precise enough", () => {
    expect(chooseThreshold([0.9, 0.8], [false, true], 0.9, 0)).toBeNull();
  });
});
