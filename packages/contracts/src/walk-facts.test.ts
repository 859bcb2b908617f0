import { expect, test } from "vitest";
import { z } from "zod";
import { defineKind, hint, Pcm, Tags, walkFacts } from "./index.ts";

const Band = z
  .object({ hz: z.number(), name: z.string().meta(hint({ display: { as: "summary" } })) })
  .meta({ id: "Band" });
const Found = defineKind({
  name: "found",
  retention: "derivative",
  payload: null,
  facts: z.object({
    level: z
      .number()
      .nullable()
      .meta(hint({ display: { as: "summary", unit: "dB" } })),
    mode: z.enum(["a", "b"]).optional(),
    isOdd: z.boolean().optional(),
    words: z.string().optional(),
    times: z
      .array(z.number())
      .meta(hint({ index: "none" }))
      .optional(),
    names: z.array(z.string()).optional(),
    nested: z.object({ deep: z.int() }).optional(),
    best: Band.optional(),
    bands: z
      .array(Band)
      .meta(hint({ index: "keyword" }))
      .optional(),
    plain: z.array(Band).optional(),
  }),
});
const brief = (facts: unknown, schema = Found.schema) =>
  walkFacts(facts, schema).map(({ path, value, index }) => [path, value, index]);

test("facts come in the order of the schema, each with its index; what the schema does not know follows by its own name", () => {
  const facts = {
    extra: 1,
    nested: { deep: 2, deeper: "x" },
    words: "w",
    isOdd: true,
    mode: "b",
    level: null,
    names: ["n"],
    times: [1, 2],
    best: { hz: 1, name: "low" },
  };
  expect(brief(facts)).toEqual([
    ["level", null, "number"],
    ["mode", "b", "keyword"],
    ["isOdd", true, "boolean"],
    ["words", "w", "text"],
    ["times", [1, 2], "none"],
    ["names", ["n"], "text"],
    ["nested.deep", 2, "number"],
    ["nested.deeper", "x", "text"],
    ["best.hz", 1, "number"],
    ["best.name", "low", "text"],
    ["extra", 1, "number"],
  ]);
});

test("a list of objects counts for nothing, unless it is said that it does: then each has facts of its own", () => {
  const bands = [{ hz: 1, name: "low" }];
  const [listed, plain] = walkFacts({ bands, plain: bands }, Found.schema);
  expect([listed?.index, plain?.index, plain?.items]).toEqual(["keyword", "none", null]);
  expect(listed?.items?.[0]?.map(({ path, value, display }) => [path, value, display])).toEqual([
    ["hz", 1, {}],
    ["name", "low", { as: "summary" }],
  ]);
  const [tags] = walkFacts({ tags: [{ tag: "drums", score: 1 }] }, Tags.schema);
  expect([tags?.path, tags?.index, tags?.items?.[0]?.map(({ value }) => value)]).toEqual([
    "tags",
    "keyword",
    ["drums", 1],
  ]);
});

test("facts of any form are walked, with a schema or without", () => {
  expect(brief(null)).toEqual([["", null, "text"]]);
  expect(brief("words")).toEqual([["", "words", "text"]]);
  expect(brief({ level: { now: "nested" }, best: 3, names: [{ a: 1 }] })).toEqual([
    ["level.now", "nested", "text"],
    ["names", [{ a: 1 }], "none"],
    ["best", 3, "number"],
  ]);
  expect(brief(JSON.parse('{"__proto__": 1, "constructor": "c", "list": []}'), {})).toEqual([
    ["__proto__", 1, "number"],
    ["constructor", "c", "text"],
    ["list", [], "text"],
  ]);
});

test("one field of a file's tags names the track", () => {
  const facts = walkFacts({ tags: { artist: "A", title: "T" } }, Pcm.schema);
  expect(facts.map(({ path, display }) => [path, display.as])).toEqual([
    ["tags.title", "title"],
    ["tags.artist", undefined],
  ]);
});
