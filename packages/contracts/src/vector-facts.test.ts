import { expect, test } from "vitest";
import { z } from "zod";
import { indexedFactsOf } from "./indexed-facts.ts";
import { defineKind } from "./kind.ts";
import { hint } from "./kind-hints.ts";
import { vectorFactsOf, vectorOf } from "./vector-facts.ts";
import { walkFacts } from "./walk-facts.ts";

const Embedding = z.object({
  model: z.string().describe("whose"),
  vector: z.array(z.number()).length(3).describe("its numbers"),
});
const Timbre = defineKind({
  name: "timbre",
  retention: "derivative",
  payload: null,
  facts: z.object({
    bright: z.number().describe("how bright"),
    sound: z.object({
      embedding: Embedding.optional().meta(hint({ index: "vector" })),
      other: Embedding.nullable().meta(hint({ index: "none" })),
    }),
  }),
});
const [fact = expect.unreachable()] = vectorFactsOf(Timbre);
const given = (embedding: unknown) => vectorOf(fact, { bright: 1, sound: { embedding } });

test("a kind says which of its facts is a vector, however deep, and where it may be absent", () => {
  expect(vectorFactsOf(Timbre)).toEqual([
    { name: "timbre.sound.embedding", kind: "timbre", path: ["sound", "embedding"] },
  ]);
  const nothing = { name: "plain", schema: { type: "object", properties: { a: { type: "number" } } } };
  expect(vectorFactsOf(nothing)).toEqual([]);
});

test("what is a vector is no other fact: nobody searches by its parts, or is shown them", () => {
  expect(indexedFactsOf(Timbre).map(({ name }) => name)).not.toContain("timbre.sound.embedding.model");
  const facts = { bright: 1, sound: { embedding: { model: "m", vector: [1, 2, 3] }, other: null } };
  expect(walkFacts(facts, Timbre.schema).map(({ path }) => path)).toEqual(["bright", "sound.other"]);
});

test("what an artifact has of it is had where it can be compared, and is not there otherwise", () => {
  expect(given({ model: "m", vector: [0, -2, 1] })).toEqual({ model: "m", vector: [0, -2, 1] });
  for (const odd of [
    undefined,
    null,
    [1, 2, 3],
    { vector: [1, 2, 3] },
    { model: "", vector: [1, 2, 3] },
    { model: "m", vector: [] },
    { model: "m", vector: [1] },
    { model: "m", vector: [0, 0, 0] },
    { model: "m", vector: [1, Number.NaN] },
    { model: "m", vector: [1, Number.POSITIVE_INFINITY] },
    { model: "m", vector: [1, "2"] },
    { model: "m", vector: new Array(1_025).fill(1) },
  ])
    expect([odd, given(odd)]).toEqual([odd, undefined]);
});
