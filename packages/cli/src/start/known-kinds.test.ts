import { describeKind, type KindList, Pcm, Tempo } from "@segue/contracts";
import { expect, test } from "vitest";
import { KnownKinds } from "./known-kinds.ts";

const { signal } = new AbortController();
const list = (...kinds: readonly (typeof Pcm | typeof Tempo)[]): KindList => ({
  kinds: kinds.map((kind) => ({ ...describeKind(kind), step: kind.name })),
});
const trackOf = (...kinds: readonly string[]) => ({
  results: Object.fromEntries(
    kinds.map((kind) => [
      kind,
      {
        address: "0".repeat(64),
        version: 1,
        current: true,
        recomputing: null,
        failedUpgrade: null,
        facts: {},
        asset: null,
        renderings: {},
      },
    ]),
  ),
});

/** An API whose fleet has these kinds, and a clock. */
function start(answer: KindList | undefined) {
  const fleet = { answer, asked: 0, nowMs: 0 };
  const listKinds = async () => {
    fleet.asked++;
    return fleet.answer;
  };
  return { fleet, known: new KnownKinds({ listKinds }, () => fleet.nowMs) };
}

test("the API is asked once, and again when a step has joined since", async () => {
  const { fleet, known } = start(list(Pcm));
  expect((await known.of(trackOf(), signal)).size).toBe(0);
  expect(fleet.asked).toBe(0);
  expect((await known.of(trackOf("pcm"), signal)).get("pcm")).toMatchObject({ retention: "intermediate" });
  await known.of(trackOf("pcm"), signal);
  expect(fleet.asked).toBe(1);
  fleet.answer = list(Pcm, Tempo);
  fleet.nowMs = 5_000;
  expect([...(await known.of(trackOf("pcm", "tempo"), signal)).keys()]).toEqual(["pcm", "tempo"]);
  expect(fleet.asked).toBe(2);
});

test("for a kind of a step that has left it is not asked with every track", async () => {
  const { fleet, known } = start(list(Pcm));
  for (let n = 0; n < 100; n++) {
    fleet.nowMs += 100;
    expect((await known.of(trackOf("gone"), signal)).has("gone")).toBe(false);
  }
  expect(fleet.asked).toBe(2);
});

test("an API that is too old to tell has none, and one that is away is asked again", async () => {
  const { fleet, known } = start(undefined);
  expect((await known.of(trackOf("pcm"), signal)).size).toBe(0);
  const failing = new KnownKinds({ listKinds: () => Promise.reject(new Error("away")) }, () => 0);
  for (let n = 0; n < 2; n++) await expect(failing.of(trackOf("pcm"), signal)).rejects.toThrow("away");
  expect(fleet.asked).toBe(1);
});
