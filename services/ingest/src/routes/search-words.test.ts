// What is found by words, and by what clients say of their tracks for themselves.
import { Problem, SearchPage } from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";
import { insertSearched, type SearchedTrack } from "../fixtures/searched-tracks.ts";

const idOf = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, "0")}`;

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi();
});
afterAll(() => api[Symbol.asyncDispose]());
beforeEach(() =>
  api.pool.query("truncate search_lacking, search_vectors, search_tracks, search_keywords, search_facts"),
);

const insert = (...tracks: SearchedTrack[]) => insertSearched(api.pool, ...tracks);
const ask = async (query: Record<string, string>) => {
  const answer = await fetch(`${api.url}/v1/search?${new URLSearchParams(query)}`);
  return { status: answer.status, json: await answer.json() };
};
/** The last digits of what is found, in the order of ids. */
const found = async (query: Record<string, string>) => {
  const { status, json } = await ask(query);
  expect([query, status, json]).toEqual([query, 200, json]);
  return SearchPage.parse(json)
    .tracks.map(({ id }) => Number(id.slice(-12)))
    .toSorted((a, b) => a - b);
};
const refusal = async (query: Record<string, string>) => {
  const problem = Problem.parse((await ask(query)).json);
  expect([query, problem]).toMatchObject([query, { status: 400, code: "invalid-request" }]);
  return problem.detail;
};

test("a word that is typed is the beginning of words alone, and of nothing that stands beside them", async () => {
  await insert({ id: idOf(1), title: "Night", container: "2 ogg", metadata: { id: "x" } });
  for (const word of ["2", "m", "i"]) expect(await found({ words: word })).toEqual([]);
  expect(await found({ words: "n" })).toEqual([1]);
});

test("by what its client has said of it, as words, and as a whole by its name", async () => {
  await insert(
    { id: idOf(1), metadata: { id: "acme-4711", label: "Blue  Note", "cat:no": "a|b; c=d" } },
    { id: idOf(2), metadata: { id: "acme-4712", note: "Blue Note", long: "\u{1f3b5}".repeat(250) } },
    { id: idOf(3), title: "Blue" },
  );
  expect(await found({ where: "metadata.id=acme-4711" })).toEqual([1]);
  expect(await found({ where: "metadata.id=ACME-4711 | acme-4712" })).toEqual([1, 2]);
  expect(await found({ where: "METADATA.Label=blue note" })).toEqual([1]);
  expect(await found({ where: "metadata.label=blue" })).toEqual([]);
  expect(await found({ where: "metadata.id=acme" })).toEqual([]);
  expect(await found({ where: "metadata.cat:no=a||b;; c=d;metadata.id=acme-4711" })).toEqual([1]);
  expect(await found({ where: `metadata.long=${"\u{1f3b5}".repeat(250)}` })).toEqual([2]);
  expect(await found({ where: "metadata.nobody=x" })).toEqual([]);
  expect(await found({ words: "blue" })).toEqual([1, 2, 3]);
  expect(await found({ words: "note blu" })).toEqual([1, 2]);
  expect(await found({ words: "4711" })).toEqual([1]);
  for (const odd of ["metadata.=x", "metadata.a b=x", "metadata._a=x"])
    expect(await refusal({ where: odd })).toContain("with a name that metadata can have");
  expect(await refusal({ where: "metadata.id=" })).toContain("metadata.id: expected 1 to 20");
  expect(await refusal({ sort: "metadata.id" })).toContain("sort: expected a fact");
});
