import { expect, test } from "vitest";
import { z } from "zod";
import { indexedFactsOf, indexedValuesOf, Pcm, splitWords, Tags, Tempo } from "./index.ts";
import { defineKind } from "./kind.ts";
import { hint } from "./kind-hints.ts";

const kindOf = (facts: z.ZodType) =>
  defineKind({ name: "sung", retention: "derivative", payload: null, facts });
const indexed = (facts: z.ZodType) => indexedFactsOf(kindOf(facts)).map(({ name, index }) => [name, index]);

test("what can be searched for follows from types, and hints go before them", () => {
  const facts = z.object({
    lines: z.int(),
    hasChorus: z.boolean(),
    mood: z.enum(["glad", "sad"]).nullable(),
    words: z.string(),
    language: z.string().meta(hint({ index: "keyword" })),
    secret: z.number().meta(hint({ index: "none" })),
    deep: z.object({ er: z.number().optional() }),
    languages: z.array(z.string()).meta(hint({ index: "keyword" })),
    times: z.array(z.number()),
    singers: z.array(z.object({ name: z.string() })),
    anything: z.unknown(),
  });
  expect(indexed(facts)).toEqual([
    ["sung.lines", "number"],
    ["sung.hasChorus", "keyword"],
    ["sung.mood", "keyword"],
    ["sung.words", "text"],
    ["sung.language", "keyword"],
    ["sung.deep.er", "number"],
    ["sung.languages", "keyword"],
  ]);
  expect(indexed(z.number())).toEqual([["sung", "number"]]);
});

test("only names that the schema has are indexed, whatever comes in a file", () => {
  const facts = indexedFactsOf(Pcm);
  expect(facts.filter(({ name }) => name.startsWith("pcm.tags"))).toMatchObject([
    { name: "pcm.tags.title", index: "text" },
  ]);
  const given = {
    tags: { title: "A", mine: "B" },
    durationSec: 3,
    warnings: [{ code: "clipped", message: "x" }],
  };
  expect(indexedValuesOf(facts, given)).toEqual([
    { name: "pcm.durationSec", number: 3 },
    { name: "pcm.tags.title", text: "A" },
    { name: "pcm.warnings", keywords: [{ value: "clipped", score: null }] },
  ]);
});

test("a word of a list has the score beside it, the highest of those that it has", () => {
  const tags = [
    { tag: "house", score: 0.4 },
    { tag: "house", score: 0.7 },
    { tag: "dub", score: "odd" },
    "rock",
  ];
  expect(indexedValuesOf(indexedFactsOf(Tags), { tags })).toEqual([
    {
      name: "tags.tags",
      keywords: [
        { value: "house", score: 0.7 },
        { value: "dub", score: null },
      ],
    },
  ]);
});

test("what is not in the expected form is not there: of an earlier version, or of no use", () => {
  const facts = indexedFactsOf(Tempo);
  expect(indexedValuesOf(facts, { bpm: "fast", confidence: null })).toEqual([]);
  expect(indexedValuesOf(facts, { bpm: Number.POSITIVE_INFINITY, confidence: 0.5 })).toEqual([
    { name: "tempo.confidence", number: 0.5 },
  ]);
  for (const odd of [null, 5, "text", []]) expect(indexedValuesOf(facts, odd)).toEqual([]);
  const gain = z.object({
    gainDb: z.number().optional().meta({ default: 0 }),
    mood: z.string().meta(hint({ index: "keyword" })),
  });
  const kind = indexedFactsOf(kindOf(gain));
  expect(indexedValuesOf(kind, { mood: "x".repeat(300) })).toEqual([{ name: "sung.gainDb", number: 0 }]);
});

test("a schema that refers to itself ends", () => {
  const part: Record<string, unknown> = {
    type: "object",
    properties: { inner: { $ref: "#" }, size: { type: "number" } },
  };
  const names = indexedFactsOf({ name: "nested", schema: part }).map(({ name }) => name);
  expect(names).toContain("nested.inner.size");
  expect(names.length).toBeLessThan(10);
});

test("words have no case, no accents, and nothing but letters and digits; each is there once", () => {
  expect(splitWords("Beyoncé – Déjà Vu (feat. JAY-Z).mp3", 10)).toEqual([
    "beyonce",
    "deja",
    "vu",
    "feat",
    "jay",
    "z",
    "mp3",
  ]);
  expect(splitWords("東京 Straße ﬁn", 10)).toEqual(["東京", "straße", "fin"]);
  expect(splitWords("a b a c", 2)).toEqual(["a", "b"]);
  expect(splitWords("\u0000\ud800'\\:*&|!", 10)).toEqual([]);
  expect(splitWords("𝒳".repeat(100), 1)[0]).toHaveLength(64);
});
