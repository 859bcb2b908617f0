import { expect, test } from "vitest";
import { toCamelot, tonics, toOpenKey } from "./key-notation.ts";

test("each key has a Camelot and an Open Key code of its own", () => {
  const keys = tonics.flatMap((tonic) => (["major", "minor"] as const).map((mode) => [tonic, mode] as const));
  expect(new Set(keys.map(([tonic, mode]) => toCamelot(tonic, mode))).size).toBe(24);
  expect(new Set(keys.map(([tonic, mode]) => toOpenKey(tonic, mode))).size).toBe(24);
});

test.each([
  ["C", "major", "8B", "1d"],
  ["A", "minor", "8A", "1m"],
  ["G", "major", "9B", "2d"],
  ["E", "major", "12B", "5d"],
  ["B", "major", "1B", "6d"],
  ["Ab", "minor", "1A", "6m"],
  ["F", "major", "7B", "12d"],
  ["Db", "minor", "12A", "5m"],
] as const)("%s %s is %s and %s", (tonic, mode, camelot, openKey) => {
  expect([toCamelot(tonic, mode), toOpenKey(tonic, mode)]).toEqual([camelot, openKey]);
});
