// Whatever was ever computed is found by these: where one of them changes, every catalog is computed anew.
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { addressOf, addressText, outputAddress, outputText } from "./address.ts";

const kind = { name: "tempo", schema: {} } as never;
const plain = {
  name: "tempo",
  version: 3,
  params: { b: [1, { d: 2, c: "x" }], a: null },
  model: null,
  produces: kind,
};
const [first, second] = ["a".repeat(64), "b".repeat(64)];

test.each([
  [
    "of a step without a model",
    plain,
    {},
    '{"inputs":{},"model":null,"params":{"a":null,"b":[1,{"c":"x","d":2}]},"step":"tempo","version":3}',
  ],
  [
    "of one with a model and inputs, in whatever order they are named",
    { ...plain, params: {}, model: { digest: "sha256:1f" } as never },
    { pcm: second, master: first },
    `{"inputs":{"master":"${first}","pcm":"${second}"},"model":"sha256:1f","params":{},"step":"tempo","version":3}`,
  ],
  [
    "of one with several outputs",
    { ...plain, params: {}, produces: { vocals: kind, drums: kind } as never },
    {},
    '{"inputs":{},"model":null,"outputs":"several","params":{},"step":"tempo","version":3}',
  ],
])("the address %s is what it always was", (_whose, step, inputs, text) => {
  expect(addressText(step, inputs)).toBe(text);
  expect(addressOf(step, inputs)).toBe(createHash("sha256").update(text).digest("hex"));
});

test("an address in full, which is in buckets and databases", () => {
  expect(addressOf(plain, {})).toBe("e7f0dab7e1935455a47760635f8f6180acdf8334ecc585e598eb1582ebfd3f54");
  expect(outputText(first, "drums")).toBe(`{"kind":"drums","madeAt":"${first}"}`);
  expect(outputAddress(first, "drums")).toBe(
    "b19303693020fdf82006fd918c2d80a114701ee269c118327727ba65b7fa9fa1",
  );
});
