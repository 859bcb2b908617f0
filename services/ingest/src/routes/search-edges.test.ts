// What is asked for beyond what numbers and times the database has: it is found, or refused in words, and is never a defect.
import { Problem, SearchPage } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";
import { insertSearched } from "../fixtures/searched-tracks.ts";
import { encodeSearchCursor, searchOf } from "../search/search-cursor.ts";

const idOf = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, "0")}`;

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi();
  await insertSearched(
    api.pool,
    { id: idOf(1), numbers: { "tempo.bpm": 120, "aac.bitRateKbps": 96 }, tags: { house: 0.55 } },
    { id: idOf(2), numbers: { "tempo.bpm": 1e-3, "aac.bitRateKbps": -0.1 }, tags: { house: 0.95 } },
  );
});
afterAll(() => api[Symbol.asyncDispose]());

const ask = (query: Record<string, string>) => fetch(`${api.url}/v1/search?${new URLSearchParams(query)}`);
const found = async (query: Record<string, string>) => {
  const answer = await ask(query);
  const json: unknown = await answer.json();
  expect([query, answer.status, json]).toEqual([query, 200, json]);
  return SearchPage.parse(json)
    .tracks.map(({ id }) => Number(id.slice(-12)))
    .sort();
};

// A number with an index is a double in the database, any other a real: each has an end of its own.
test.each(["tempo.bpm", "aac.bitRateKbps"])("%s: ends beyond all numbers that there are", async (name) => {
  const where = (range: string) => found({ where: `${name}=${range}` });
  for (const large of ["1e38", "3.5e38", "1e300", "1.7e308"]) {
    expect(await where(`..${large}`)).toEqual([1, 2]);
    expect(await where(`-${large}..`)).toEqual([1, 2]);
    expect(await where(`${large}..`)).toEqual([]);
    expect(await where(`..-${large}`)).toEqual([]);
    expect(await where(`-${large}..${large}`)).toEqual([1, 2]);
  }
  for (const small of ["1e-37", "1e-40", "1e-46", "1e-300", "5e-324"]) {
    expect(await where(`${small}..`)).toEqual(name === "tempo.bpm" ? [1, 2] : [1]);
    expect(await where(`-${small}..${small}`)).toEqual([]);
  }
});

test("half and double of a tempo that is beyond all numbers", async () => {
  expect(await found({ bpm: "1e308..1.7e308", octaves: "true" })).toEqual([]);
  expect(await found({ bpm: "5e-324..1.7e308", octaves: "true" })).toEqual([1, 2]);
});

test("a score is one from 0 to 1, however it is written", async () => {
  for (const least of ["0", "0.", ".5", "0.5", "0.55", `0.${"0".repeat(60)}1`])
    expect([least, await found({ tags: `house:${least}` })]).toEqual([least, [1, 2]]);
  for (const least of ["0.56", ".95", "+0.6"]) expect(await found({ tags: `house:${least}` })).toEqual([2]);
  expect(await found({ where: "tags.tags=house: 0.9|dub:1" })).toEqual([2]);
  for (const odd of ["2", "-1", "1.01", "-0.5", `1${"0".repeat(60)}`]) {
    const answer = await ask({ tags: `house:${odd}` });
    const { code, detail } = Problem.parse(await answer.json());
    expect([answer.status, code, detail]).toEqual([
      ...[400, "invalid-request"],
      expect.stringContaining("tags: expected a score from 0 to 1"),
    ]);
  }
});

// A cursor says nothing to clients, and is no secret: whoever reads one can write one.
test.each([
  ["accepted", "0001-01-01T00:00:00.000000Z", [1, 2]],
  ["accepted", "9999-12-31T23:59:59.999999Z", []],
  ["bpm", 1e308, []],
  ["bpm", 5e-324, [1, 2]],
  ["aac.bitRateKbps", 1e300, []],
  ["aac.bitRateKbps", 1e-60, [1]],
  ["aac.bitRateKbps", -1e300, [1, 2]],
] as const)("in the order of %s a cursor may stand at %s", async (sort, value, expected) => {
  const search = searchOf({ sort, limit: 50 }, "default");
  const cursor = encodeSearchCursor(search, { value, id: idOf(0) });
  expect(await found({ sort, cursor })).toEqual(expected);
});

test.each([
  ["accepted", "0000-01-01T00:00:00.000000Z"],
  ["accepted", "2025-02-30T00:00:00.000000Z"],
  ["accepted", 1],
  ["bpm", "2025-01-01T00:00:00.000000Z"],
] as const)("in the order of %s no cursor stands at %s", async (sort, value) => {
  const search = searchOf({ sort, limit: 50 }, "default");
  const answer = await ask({ sort, cursor: encodeSearchCursor(search, { value, id: idOf(0) }) });
  expect([answer.status, Problem.parse(await answer.json()).code]).toEqual([400, "invalid-request"]);
});

test("days and instants at the ends of the calendar", async () => {
  expect(await found({ accepted: "0001-01-01..9999-12-31" })).toEqual([1, 2]);
  expect(await found({ accepted: "0000-01-01.." })).toEqual([1, 2]);
  expect(await found({ accepted: "9999-12-31T23:59:59.999Z.." })).toEqual([]);
});
