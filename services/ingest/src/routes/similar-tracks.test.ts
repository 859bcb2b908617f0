import { createChain } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import { defineKind, hint, Pcm, Problem, SimilarTracks, TrackReceipt } from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { chain, type LocalApi, startLocalApi } from "../fixtures/local-api.ts";
import { insertSearched, insertSearchedFacts, type SearchedTrack } from "../fixtures/searched-tracks.ts";

const idOf = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, "0")}`;
const Timbre = defineKind({
  name: "timbre",
  retention: "derivative",
  payload: null,
  facts: z.object({
    embedding: z.object({ model: z.string(), vector: z.array(z.number()) }).meta(hint({ index: "vector" })),
  }),
});

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi({}, { chain: createChain([...chain.steps, stepSpec("timbre", [Pcm], Timbre)]) });
});
afterAll(() => api[Symbol.asyncDispose]());
beforeEach(() =>
  api.pool.query(
    "truncate search_lacking, search_vectors, search_tracks, search_spaces, search_keywords, search_facts, search_place",
  ),
);

const vector = (...numbers: number[]) => ({ fact: "timbre.embedding", model: "m1", vector: numbers });
const insert = (...tracks: Partial<SearchedTrack>[]) =>
  insertSearched(api.pool, ...tracks.map((track, n) => ({ id: idOf(n), ...track })));
const ask = (n: number, query: Record<string, string> = {}) =>
  fetch(`${api.url}/v1/tracks/${idOf(n)}/similar?${new URLSearchParams(query)}`);
const similar = async (n: number, query: Record<string, string> = {}) => {
  const answer = await ask(n, query);
  const json: unknown = await answer.json();
  expect([query, answer.status, json]).toEqual([query, 200, json]);
  return SimilarTracks.parse(json);
};
const found = async (n: number, query: Record<string, string> = {}) =>
  (await similar(n, query)).tracks.map(({ id }) => Number(id.slice(-12)));
const refusal = async (n: number, query: Record<string, string> = {}) => {
  const { code, status, detail } = Problem.parse(await (await ask(n, query)).json());
  return [status, code, detail];
};

test("tracks that sound like one, the most alike first, with the filters of a search", async () => {
  const numbers = (bpm: number) => ({ "tempo.bpm": bpm });
  await insert(
    { vector: vector(1, 0), numbers: numbers(120), title: "Seed" },
    { vector: vector(1, 1), numbers: numbers(121), camelot: "9A", tags: { house: 0.9 } },
    { vector: vector(2, 0.2), numbers: numbers(62), camelot: "1A", metadata: { label: "Blue" } },
    { vector: vector(-1, 0), numbers: numbers(121), camelot: "8B", tags: { house: 0.3 } },
    { numbers: numbers(120) },
  );
  const answer = await similar(0);
  expect(answer).toMatchObject({ by: "timbre.embedding", model: "m1", isExact: true, isComplete: true });
  expect(answer.tracks[0]).toEqual({
    ...{ id: idOf(2), url: `${api.url}/v1/tracks/${idOf(2)}`, state: "done", title: null, fileName: null },
    ...{ acceptedAt: "2025-01-01T00:00:00.000Z", facts: numbers(62), similarity: expect.closeTo(0.995, 2) },
  });
  expect(await found(0)).toEqual([2, 1, 3]);
  expect(await found(0, { limit: "1" })).toEqual([2]);
  expect(await found(0, { bpm: "119..125" })).toEqual([1, 3]);
  expect(await found(0, { bpm: "119..125", octaves: "true" })).toEqual([2, 1, 3]);
  expect(await found(0, { key: "8A", harmonic: "true" })).toEqual([1, 3]);
  expect(await found(0, { tags: "house:0.5" })).toEqual([1]);
  expect(await found(0, { where: "metadata.label=blue" })).toEqual([2]);
  expect(await found(0, { words: "nobody" })).toEqual([]);
  expect(await found(0, { by: "timbre" })).toEqual([2, 1, 3]);
  expect(await refusal(0, { bpm: "fast" })).toEqual([400, "invalid-request", expect.stringContaining("bpm")]);
  expect((await ask(0, { limit: "101" })).status).toBe(400);
});

test("a track without a vector says so, with the kinds that could give one; one that is not there, or another's, is not found", async () => {
  await insert({ numbers: {} }, { owner: "acme", vector: vector(1, 0) }, { vector: vector(1, 0) });
  const could = expect.stringContaining("these kinds can give one: timbre (timbre.embedding)");
  expect(await refusal(0)).toEqual([409, "no-vector", could]);
  expect(await refusal(2, { by: "tags" })).toEqual([409, "no-vector", expect.stringContaining('by "tags"')]);
  expect(await refusal(1)).toEqual([404, "not-found", expect.any(String)]);
  expect(await refusal(7)).toEqual([404, "not-found", expect.any(String)]);
  expect(await found(2)).toEqual([]);
  const headers = { "content-type": "audio/mpeg" };
  const posted = await fetch(`${api.url}/v1/tracks`, { method: "POST", body: "abc", headers });
  const { url } = TrackReceipt.parse(await posted.json());
  expect(Problem.parse(await (await fetch(`${url}/similar`)).json()).code).toBe("no-vector");
});

test("where no kind gives vectors that is said", async () => {
  await using plain = await startLocalApi();
  await insertSearchedFacts(plain.pool);
  await insertSearched(plain.pool, { id: idOf(1) });
  const answer = await fetch(`${plain.url}/v1/tracks/${idOf(1)}/similar`);
  expect(Problem.parse(await answer.json())).toMatchObject({
    ...{
      status: 409,
      code: "no-vector",
      detail: expect.stringContaining("no kind of this fleet gives a vector"),
    },
  });
});
