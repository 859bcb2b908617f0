import { expect, test } from "vitest";
import { z } from "zod";
import { defineKind } from "../kind.ts";
import { hint } from "../kind-hints.ts";
import { Key } from "../kinds/key.ts";
import { Loudness } from "../kinds/loudness.ts";
import { Tags } from "../kinds/tags.ts";
import { Tempo } from "../kinds/tempo.ts";
import { completeFacts } from "./complete-facts.ts";
import { correctableFactsOf, factSchemaOf } from "./correctable-facts.ts";
import { correctedFacts } from "./corrected-facts.ts";
import { differencesOf } from "./differences.ts";

const tempo = correctableFactsOf(Tempo);
const key = correctableFactsOf(Key);
const tags = correctableFactsOf(Tags);
const keysOf = (facts: ReturnType<typeof correctableFactsOf>) => facts.map(({ key: name }) => name);

test("what can be corrected is what a kind's schema says", () => {
  expect([tempo, key, tags, correctableFactsOf(Loudness)].map(keysOf)).toEqual([
    ["bpm"],
    ["key", "mode", "camelot", "openKey"],
    ["tags"],
    [],
  ]);
});

test("a kind that nobody here knows has its facts corrected too, as deep as they are", () => {
  const Mood = defineKind({
    name: "mood",
    retention: "derivative",
    payload: null,
    facts: z.object({
      of: z.object({
        valence: z
          .number()
          .min(-1)
          .max(1)
          .meta(hint({ correct: { tolerance: 0.1 } })),
      }),
      word: z.enum(["calm", "wild"]).meta(hint({ correct: {} })),
      model: z.string(),
    }),
  });
  const facts = correctableFactsOf(Mood);
  expect(keysOf(facts)).toEqual(["of.valence", "word"]);
  const judge = (name: string, value: unknown) => {
    const fact = facts.find((each) => each.key === name) ?? expect.unreachable();
    return factSchemaOf(Mood, fact)?.safeParse(value).success;
  };
  expect([judge("of.valence", 0.5), judge("word", "calm")]).toEqual([true, true]);
  expect([judge("of.valence", 2), judge("word", "loud")]).toEqual([false, false]);
  const corrected = correctedFacts({ of: { valence: 0, other: 1 }, model: "m" }, { "of.valence": 0.5 });
  expect(corrected).toEqual({ of: { valence: 0.5, other: 1 }, model: "m" });
  expect(differencesOf(facts, { "of.valence": 0.5 }, { of: { valence: 0.54 } })).toEqual([]);
  expect(differencesOf(facts, { "of.valence": 0.5, word: "calm" }, { of: { valence: 0.56 } })).toEqual([
    { fact: "mood.of.valence", person: 0.5, machine: 0.56, relation: "other" },
    { fact: "mood.word", person: "calm", machine: null, relation: "none" },
  ]);
});

test("a key that is written in one way is written in all", () => {
  const all = { key: "F#", mode: "minor", camelot: "11A", openKey: "4m" };
  for (const given of [
    { key: "F#", mode: "minor" },
    { key: "gb minor" },
    { key: "F#m" },
    { camelot: "11a" },
    { openKey: "4m" },
    { camelot: "11A", key: "Gb", mode: "minor" },
  ])
    expect([given, completeFacts(key, given)]).toEqual([given, all]);
  expect(completeFacts(key, { camelot: null })).toEqual({
    key: null,
    mode: null,
    camelot: null,
    openKey: null,
  });
  for (const given of [
    { key: "F#" },
    { mode: "minor" },
    { camelot: "13A" },
    { key: "C", mode: "major", camelot: "8A" },
    { key: "Am", mode: "major" },
    { key: null, mode: "minor" },
  ])
    expect(() => completeFacts(key, given), JSON.stringify(given)).toThrow("expected");
});

test("words alone are certain, and every value is as its kind has it", () => {
  const said = completeFacts(tags, { tags: ["techno", { tag: "dance", score: 0.4 }] });
  expect(said).toEqual({
    tags: [
      { tag: "techno", score: 1 },
      { tag: "dance", score: 0.4 },
    ],
  });
  const [fact = expect.unreachable()] = tags;
  const takesTags = (value: unknown) => factSchemaOf(Tags, fact)?.safeParse(value).success;
  expect([takesTags(said.tags), takesTags([{ tag: "techno", score: 2 }])]).toEqual([true, false]);
  const [bpm = expect.unreachable()] = tempo;
  const takesBpm = (value: unknown) => factSchemaOf(Tempo, bpm)?.safeParse(value).success;
  for (const value of [128, 0.1, null]) expect([value, takesBpm(value)]).toEqual([value, true]);
  for (const value of [0, -1, "128", [128], {}]) expect([value, takesBpm(value)]).toEqual([value, false]);
});

test.each([
  [128, 128, undefined],
  [128, 133.1, undefined],
  [128, 133.2, "other"],
  [128, 64, "half"],
  [128, 66.5, "half"],
  [128, 256, "double"],
  [90, 30, "third"],
  [90, 270, "triple"],
  [128, 100, "other"],
  [128, null, "none"],
  [null, 128, "other"],
  [null, null, undefined],
])("a person's %s beside a machine's %s: %s", (bpm, machine, relation) => {
  const found = differencesOf(tempo, { bpm }, machine === undefined ? undefined : { bpm: machine });
  expect(found.map((each) => each.relation)).toEqual(relation === undefined ? [] : [relation]);
});

test("of a key one way to write it is compared, of tags the words", () => {
  const person = completeFacts(key, { camelot: "8A" });
  expect(differencesOf(key, person, completeFacts(key, { camelot: "8A" }))).toEqual([]);
  expect(differencesOf(key, person, completeFacts(key, { camelot: "9A" }))).toEqual([
    { fact: "key.camelot", person: "8A", machine: "9A", relation: "other" },
  ]);
  const heard = [
    { tag: "dance", score: 0.2 },
    { tag: "techno", score: 0.9 },
  ];
  expect(differencesOf(tags, completeFacts(tags, { tags: ["techno", "dance"] }), { tags: heard })).toEqual(
    [],
  );
  expect(differencesOf(tags, completeFacts(tags, { tags: ["techno"] }), { tags: heard })).toHaveLength(1);
});

test("what is no object of facts takes corrections as if there were none", () => {
  expect(correctedFacts(undefined, { bpm: 128 })).toEqual({ bpm: 128 });
  expect(correctedFacts("odd", { "a.b": 1 })).toEqual({ a: { b: 1 } });
  const facts = correctedFacts({}, { ["__proto__"]: { polluted: true } });
  expect(Object.hasOwn(Object(facts), "__proto__")).toBe(true);
  expect(Object(facts).polluted).toBeUndefined();
});
