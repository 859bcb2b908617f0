import type { ChainStep } from "@segue/contracts";
import { expect, test } from "vitest";
import { layFleet } from "./fleet-graph.ts";

const step = (name: string, consumes: string[], produces: string[]): ChainStep => ({
  ...{ name, consumes, produces, version: 1, service: name, accelerator: null, model: null },
  budget: { timeMs: 1, memoryMiB: 1 },
});
const steps = [
  step("decode", ["master"], ["pcm"]),
  step("downsample", ["pcm"], ["mono16k"]),
  step("tempo", ["mono16k"], ["tempo"]),
  step("encode", ["master", "pcm"], ["aac"]),
];

test("a step stands to the right of all that it depends on, and none on another", () => {
  const { steps: placed, width, height } = layFleet(steps);
  const xOf = (name: string) => placed.find((each) => each.step.name === name)?.x ?? Number.NaN;
  expect(xOf("decode")).toBeLessThan(xOf("downsample"));
  expect(xOf("downsample")).toBeLessThan(xOf("tempo"));
  expect(xOf("encode")).toBe(xOf("downsample"));
  expect(new Set(placed.map(({ x, y }) => `${x} ${y}`)).size).toBe(steps.length);
  for (const { x, y } of placed)
    expect([x >= 0, y >= 0, x < width, y < height]).toEqual([true, true, true, true]);
});

test("an edge for each kind that is consumed; what nobody makes comes from the master", () => {
  const { edges } = layFleet(steps);
  expect(edges.map(({ from, to, kind }) => `${from} -${kind}-> ${to}`)).toEqual([
    "null -master-> decode",
    "decode -pcm-> downsample",
    "null -master-> encode",
    "decode -pcm-> encode",
    "downsample -mono16k-> tempo",
  ]);
});

test("a step of several outputs, and a fleet without any steps", () => {
  const several = [step("split", ["master"], ["mid", "side"]), step("rms", ["side"], ["rms"])];
  expect(layFleet(several).edges.map(({ from }) => from)).toEqual([null, "split"]);
  expect(layFleet([]).steps).toEqual([]);
});
