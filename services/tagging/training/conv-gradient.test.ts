// Importing the layers registers the gradients of all other operations.
import "@tensorflow/tfjs-layers";
import { conv2d, grads, mul, randomNormal, sum, type Tensor, type Tensor4D } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { startBackend } from "../src/start-backend.ts";
import { registerConvGradients } from "./conv-gradient.ts";

beforeAll(async () => {
  await startBackend();
  registerConvGradients();
});

describe("registerConvGradients", () => {
  it.each([
    [11, 10, 3, 2],
    [12, 9, 5, 2],
    [8, 8, 3, 1],
  ])("agrees with finite differences for %i x %i, filter %i, stride %i", (height, width, size, stride) => {
    const x = randomNormal([2, height, width, 3], 0, 1, "float32", 1) as Tensor4D;
    const w = randomNormal([size, size, 3, 4], 0, 1, "float32", 2) as Tensor4D;
    const probe = randomNormal(conv2d(x, w, stride, "valid").shape, 0, 1, "float32", 3);
    const loss = (a: Tensor, b: Tensor): Tensor =>
      sum(mul(conv2d(a as Tensor4D, b as Tensor4D, stride, "valid"), probe));
    const [dx, dw] = grads(loss)([x, w]);
    // The loss is linear in either argument, so a step along any direction changes it by the gradient along it.
    const alongX = randomNormal(x.shape, 0, 1, "float32", 4);
    const alongW = randomNormal(w.shape, 0, 1, "float32", 5);
    const number = (tensor: Tensor): number => tensor.dataSync()[0] ?? Number.NaN;
    expect(number(sum(mul(dx as Tensor, alongX)))).toBeCloseTo(number(loss(alongX, w)), 2);
    expect(number(sum(mul(dw as Tensor, alongW)))).toBeCloseTo(number(loss(x, alongW)), 2);
  });
});
