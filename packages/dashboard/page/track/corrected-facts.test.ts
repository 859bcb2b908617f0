import { describeKind, Key, Loudness, type StandingCorrection, Tags, Tempo } from "@segue/contracts";
import type { KindsByName } from "@segue/wording";
import { expect, test } from "vitest";
import { correctableKinds, draftOf, readDrafts, sayMachine } from "./corrected-facts.ts";

const kinds: KindsByName = new Map(
  [Loudness, Tempo, Key, Tags].map((kind) => [kind.name, { ...describeKind(kind), step: null }]),
);
const said = (
  facts: Record<string, unknown>,
  changes: Partial<StandingCorrection> = {},
): StandingCorrection => ({
  ...{ number: 1, kind: "tempo", facts, machine: null, by: "k", author: null, note: null },
  ...{ at: "2026-01-01T00:00:00.000Z", version: 1, disagreements: [], ...changes },
});
const factOf = (kind: string) =>
  correctableKinds(kinds).find((each) => each.kind === kind)?.facts[0] ?? expect.unreachable();

test("kinds are asked about that say so, and a key in one way", () => {
  const all = correctableKinds(kinds).map(({ kind, facts }) => [kind, facts.map(({ key }) => key)]);
  expect(all).toEqual([
    ["tempo", ["bpm"]],
    ["key", ["key"]],
    ["tags", ["tags"]],
  ]);
});

test("a field has what was said, and what is written in it is sent as its kind has it", () => {
  expect(draftOf(factOf("tempo"), undefined)).toBe("");
  expect(draftOf(factOf("tempo"), said({ bpm: 128 }))).toBe("128");
  expect(draftOf(factOf("key"), said({ key: "A", mode: "minor" }))).toBe("A minor");
  expect(draftOf(factOf("key"), said({ key: null, mode: null }))).toBe("none");
  expect(
    draftOf(
      factOf("tags"),
      said({
        tags: [
          { tag: "techno", score: 1 },
          { tag: "dance", score: 1 },
        ],
      }),
    ),
  ).toBe("techno, dance");
  expect(readDrafts([factOf("tempo")], { bpm: " 128.5 " })).toEqual({ bpm: 128.5 });
  expect(readDrafts([factOf("key")], { key: "Am" })).toEqual({ key: "Am" });
  expect(readDrafts([factOf("tags")], { tags: "techno, ,dance" })).toEqual({ tags: ["techno", "dance"] });
  expect(readDrafts([factOf("tempo")], { bpm: "" })).toEqual({});
  expect(() => readDrafts([factOf("tempo")], { bpm: "fast" })).toThrow("expected a number");
});

test("the machine's word is beside it, its octave by name", () => {
  const other = { fact: "tempo.bpm", person: 128, machine: 64, relation: "half" as const };
  expect(sayMachine(said({ bpm: 128 }, { disagreements: [other] }))).toBe(
    "The machine says 64, half of that.",
  );
  expect(sayMachine(said({ bpm: 128 }))).toBe("The machine agrees.");
  expect(sayMachine(said({ bpm: 128 }, { version: null }))).toBe("The machine has nothing of it.");
});
