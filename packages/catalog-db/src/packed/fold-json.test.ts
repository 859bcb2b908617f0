import { expect, test } from "vitest";
import { foldJson, unfoldJson } from "./fold-json.ts";

const thereAndBack = (value: unknown) => unfoldJson(JSON.parse(JSON.stringify(foldJson(value))));

test.each([
  ["nothing", null],
  ["no numbers, objects and points at all", [[], {}, [{}], [{}, {}, {}, {}]]],
  ["beats", Array.from({ length: 400 }, (_, n) => Number((0.37 + n * 0.4615 + (n % 7) / 1_000).toFixed(3)))],
  ["numbers far apart", [0, 1e6, -1e6, 0.001, 3, 4, 5, 6, 7, 8]],
  ["numbers that no scale is for", [0.1234567, 1, 2, 3, 4, 5, 6, 7, 8]],
  ["numbers that are no safe integers", [2 ** 60, 1e300, -1e300, 5e-324, 1, 2, 3, 4]],
  [
    "numbers as far apart as can be",
    [1, -1, 1, -1, 0, 1, -1, 1].map((sign, n) => sign * (Number.MAX_SAFE_INTEGER - n)),
  ],
  [
    "whole ones that are folded, as far apart as can be",
    [1, -1, 1, -1, 0, 1, -1, 1].map((sign, n) => sign * (2 ** 51 - 1 - n)),
  ],
  ["numbers and what is none", [1, 2, 3, 4, 5, 6, 7, null, "8"]],
  [
    "points",
    Array.from({ length: 20 }, (_, n) => ({ startSec: n * 15, bpm: n % 3 ? 120.1 : null, key: "C" })),
  ],
  ["points in points", Array.from({ length: 9 }, (_, n) => ({ at: n, all: [{ a: n }, { a: 1 }, { a: 2 }] }))],
  ["points of which one is unlike the others", [{ a: 1 }, { a: 2 }, { a: 3, b: 4 }, { a: 5 }]],
  [
    "points whose properties are in another order",
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
      { a: 1, b: 2 },
    ],
  ],
  ["what looks like what was folded", { "~": [1, 2, "#"], "#": [["a"], [[1]]], "=": [["a", 1]] }],
  ["points that look like it", Array.from({ length: 4 }, (_, n) => ({ "~": n, "#": "x", "=": null }))],
  ["texts", ["a\u0000b", "\ud800", "☃", ";12;", "\\"]],
])("%s comes back as it was", (_, value) => {
  expect(thereAndBack(value)).toEqual(value);
});

test("a property of the name of the prototype is one like others", () => {
  const value = JSON.parse('[{"__proto__":{"a":1}},{"__proto__":{"a":1}},{"__proto__":{"a":1}}]');
  expect(JSON.stringify(thereAndBack(value))).toBe(JSON.stringify(value));
});

test("any JSON comes back as it was, in its order", () => {
  let state = 7;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((state / 0x8000_0000) * below);
  };
  const names = ["a", "b", "~", "#", "=", "__proto__", ""];
  const any = (depth: number): unknown => {
    const make = [
      () => random(2_000) / 1_000 - 1,
      () => random(1e6) * 1e12,
      () => ["x", ";", "~", "#1"][random(4)],
      () => null,
      () => random(2) === 0,
      () => Array.from({ length: random(12) }, () => random(500) / 10),
      () => list(depth),
      () => Object.fromEntries(Array.from({ length: random(4) }, () => [names[random(7)], any(depth - 1)])),
    ];
    return make[random(depth > 0 ? make.length : 6)]?.();
  };
  const list = (depth: number): unknown[] => {
    const own = names.slice(0, 1 + random(5));
    const alike = random(2) === 0;
    return Array.from({ length: random(12) }, () =>
      alike ? Object.fromEntries(own.map((name) => [name, any(depth - 1)])) : any(depth - 1),
    );
  };
  for (let round = 0; round < 2_000; round++) {
    const value = any(4);
    expect(JSON.stringify(thereAndBack(value))).toBe(JSON.stringify(value));
  }
});

test("beats take a byte each, or less when they are deflated; a curve does not name its properties again", () => {
  const beatsSec = Array.from({ length: 480 }, (_, n) => Number((n / 2 + ((n * 7) % 11) / 1_000).toFixed(3)));
  expect(JSON.stringify(foldJson(beatsSec)).length).toBeLessThan(520);
  const curve = Array.from({ length: 100 }, (_, n) => ({ startSec: n * 15, bpm: 120 + (n % 5) / 10 }));
  expect(JSON.stringify(foldJson(curve)).length).toBeLessThan(300);
});
