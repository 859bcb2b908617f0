// What a kind says of itself to those who don't have its code.
import { describe, expect, test } from "vitest";
import { z } from "zod";
import * as contracts from "./index.ts";
import {
  defineKind,
  describeKind,
  hint,
  hintsOf,
  isSchema,
  type Kind,
  KindDescription,
  kindOf,
  renderingsOf,
} from "./index.ts";

const Crest = defineKind({
  name: "crest",
  retention: "derivative",
  payload: null,
  defaultTarget: false,
  facts: z
    .object({
      crestDb: z
        .number()
        .nullable()
        .describe("peak to RMS")
        .meta(hint({ display: { as: "summary", unit: "dB", precision: 1 } })),
      bands: z
        .array(z.number())
        .default([])
        .meta(hint({ index: "none" })),
      reason: z.string().optional(),
    })
    .meta(hint({ display: { label: "crest factor", order: 45 } })),
});
/** As it comes out of storage. */
const stored = (kind: Kind) => kindOf(KindDescription.parse(JSON.parse(JSON.stringify(describeKind(kind)))));

test("a kind's schema and hints are the same at the other end, and it takes and refuses the same facts", () => {
  const read = stored(Crest);
  expect(read).toMatchObject({ name: "crest", retention: "derivative", payload: null, defaultTarget: false });
  expect(read.schema).toEqual(Crest.schema);
  expect(hintsOf(read.schema).display).toEqual({ label: "crest factor", order: 45 });
  for (const facts of [
    { crestDb: 12.3, bands: [1] },
    { crestDb: null, bands: [], reason: "silence" },
  ]) {
    expect(Crest.facts.safeParse(facts).success).toBe(true);
    expect(read.facts.safeParse(facts)).toMatchObject({ success: true, data: facts });
  }
  // The next version may say more.
  expect(read.facts.parse({ crestDb: 1, bands: [], more: 2 })).toEqual({ crestDb: 1, bands: [], more: 2 });
  for (const facts of [{ crestDb: "loud", bands: [] }, { bands: [] }, null]) {
    expect(Crest.facts.safeParse(facts).success).toBe(false);
    expect(read.facts.safeParse(facts).success).toBe(false);
  }
});

test("a description without a schema, with one that can't be read, or with hints of tomorrow is that of a kind all the same", () => {
  const { facts: _, defaultTarget: __, ...older } = describeKind(Crest);
  expect(kindOf(KindDescription.parse(older))).toMatchObject({ schema: {}, defaultTarget: true });
  for (const facts of [{ type: "wave" }, { $ref: "https://example.org/schema" }, "text", [1], null]) {
    const read = kindOf(KindDescription.parse({ ...older, facts }));
    expect(read.schema).toEqual({});
    expect(read.facts.parse({ any: "thing" })).toEqual({ any: "thing" });
  }
  const young = { "x-index": "hyper", "x-display": { as: "hologram", unit: "dB", precision: -1 } };
  expect(hintsOf(young)).toEqual({ index: undefined, display: { unit: "dB" } });
  expect(hintsOf({ "x-display": "bold" })).toEqual({});
});

describe("renderings", () => {
  const payload = { contentType: "application/json", extension: "json" };
  const define = (renderings: Kind["renderings"], changes: Partial<Pick<Kind, "payload">> = {}) =>
    defineKind({ ...Crest, name: "peaks", payload, ...changes, renderings });

  test("are the same at the other end; of a younger release's those that are known can be made", () => {
    const kind = define({ svg: { by: "peaks-outline", replaces: "peaks-svg" } });
    const svg = { name: "svg", by: "peaks-outline", replaces: "peaks-svg", contentType: "image/svg+xml" };
    expect(renderingsOf(stored(kind))).toEqual([svg]);
    const young = {
      ...describeKind(kind),
      renderings: { ...kind.renderings, mp4: { by: "hologram", in: 3 } },
    };
    const read = kindOf(KindDescription.parse(young));
    expect(read.renderings).toEqual({ svg: kind.renderings.svg, mp4: { by: "hologram" } });
    expect(renderingsOf(read)).toEqual([svg]);
    expect(renderingsOf({ ...kind, payload: null })).toEqual([]);
    const { renderings: _, ...older } = describeKind(kind);
    for (const renderings of [undefined, null, "svg", { svg: "peaks-outline" }])
      expect(kindOf(KindDescription.parse({ ...older, renderings })).renderings).toEqual({});
  });

  test("that can't be made, or would be called as the file is, are refused where a kind is defined", () => {
    expect(() => define({ svg: { by: "hologram" } })).toThrow(
      'peaks: renderings.svg: "hologram" can\'t make it',
    );
    expect(() => define({ svg: { by: "toString" } })).toThrow(TypeError);
    expect(() => define({ svg: { by: "peaks-outline" } }, { payload: null })).toThrow("of the type (none)");
    expect(() => define({ json: { by: "peaks-outline" } })).toThrow("not the payload's extension");
    expect(() => define({ "a.svg": { by: "peaks-outline" } })).toThrow("kebab-case");
  });
});

const isKind = (value: unknown): value is Kind =>
  typeof value === "object" && value !== null && "retention" in value && "schema" in value;
const exported: readonly unknown[] = Object.values(contracts);
const kinds = exported.filter(isKind);

test.each(kinds.map((kind) => [kind.name, kind] as const))(
  "%s says of its facts how they are shown, in words that are read",
  (_name, kind) => {
    const hinted: string[] = [];
    const visit = (part: unknown, path: string) => {
      if (Array.isArray(part)) part.forEach((item, n) => void visit(item, `${path}/${n}`));
      if (!isSchema(part)) return;
      const { "x-index": index, "x-display": display } = part;
      const read = hintsOf(part);
      const { index: readIndex, display: readDisplay } = read;
      expect([path, readIndex, readDisplay]).toEqual([path, index, display]);
      if (display !== undefined) hinted.push(path);
      for (const [name, inner] of Object.entries(part))
        if (!name.startsWith("x-")) visit(inner, `${path}/${name}`);
    };
    visit(kind.schema, "");
    expect(hinted.length).toBeGreaterThan(0);
    expect(stored(kind).schema).toEqual(kind.schema);
  },
);
