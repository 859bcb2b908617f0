import { FacetCounts, Problem, SearchedFacts, SearchPage, SearchRebuild } from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";
import { insertSearched, insertSearchedFacts, type SearchedTrack } from "../fixtures/searched-tracks.ts";

const idOf = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, "0")}`;
const bpm = (value: number) => ({ "tempo.bpm": value });

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi();
});
afterAll(() => api[Symbol.asyncDispose]());
beforeEach(() =>
  api.pool.query(
    "truncate search_lacking, search_vectors, search_tracks, search_keywords, search_facts, search_place, search_rebuilds",
  ),
);

const insert = (...tracks: SearchedTrack[]) => insertSearched(api.pool, ...tracks);
const urlOf = (query: Record<string, string>, path = "") =>
  `${api.url}/v1/search${path}?${new URLSearchParams(query)}`;
const search = async (query: Record<string, string>) => {
  const answer = await fetch(urlOf(query));
  const json: unknown = await answer.json();
  expect([query, answer.status, json]).toEqual([query, 200, json]);
  return SearchPage.parse(json);
};
/** The last digits of what is found, in the order of ids. */
const found = async (query: Record<string, string>) =>
  (await search(query)).tracks.map(({ id }) => Number(id.slice(-12))).toSorted((a, b) => a - b);
const refusal = async (query: Record<string, string>, path = "") => {
  const answer = await fetch(urlOf(query, path));
  const problem = Problem.parse(await answer.json());
  expect([query, problem]).toMatchObject([query, { status: 400, code: "invalid-request" }]);
  return problem.detail;
};
const facets = async (query: Record<string, string>) => {
  const answer = await fetch(urlOf(query, "/facets"));
  return FacetCounts.parse(await answer.json());
};

describe("what is found", () => {
  test("by tempo, both ends included, with half and double where that is asked for", async () => {
    await insert(
      ...[60, 64, 119.9, 120, 128, 128.1, 240, 250].map((value, n) => ({ id: idOf(n), numbers: bpm(value) })),
    );
    await insert({ id: idOf(99) });
    expect(await found({ bpm: "120..128" })).toEqual([3, 4]);
    expect(await found({ bpm: "120..128", octaves: "false" })).toEqual([3, 4]);
    expect(await found({ bpm: "120..128", octaves: "true" })).toEqual([0, 1, 3, 4, 6, 7]);
    expect(await found({ bpm: "..64" })).toEqual([0, 1]);
    expect(await found({ bpm: "240.." })).toEqual([6, 7]);
    expect(await found({ bpm: "119.9" })).toEqual([2]);
    expect(await refusal({ octaves: "true" })).toBe("octaves: expected bpm beside it");
    for (const odd of ["128..120", "fast", "..", "1..2..3", "", "1e999"])
      expect(await refusal({ bpm: odd })).toContain("expected a range of numbers");
  });

  test("by key, however it is written, and with those that go with it", async () => {
    const camelots = ["8A", "7A", "9A", "8B", "9B", "1A", "12A"];
    await insert(...camelots.map((camelot, n) => ({ id: idOf(n), camelot })));
    for (const key of ["8A", "8a", "08A", "A minor", "Am", "a min", "A-minor"])
      expect(await found({ key })).toEqual([0]);
    expect(await found({ key: "C" })).toEqual([3]);
    expect(await found({ key: "8A,9B" })).toEqual([0, 4]);
    expect(await found({ key: "8A", harmonic: "true" })).toEqual([0, 1, 2, 3]);
    expect(await found({ key: "1A", harmonic: "true" })).toEqual([5, 6]);
    expect(await refusal({ key: "H" })).toContain('got "H"');
    expect(await refusal({ harmonic: "true" })).toBe("harmonic: expected key beside it");
  });

  test("by all of several tags, with the least score of each, in any case", async () => {
    await insert(
      { id: idOf(1), tags: { house: 0.9, Dub: 0.3 } },
      { id: idOf(2), tags: { house: 0.5 } },
      { id: idOf(3), tags: { dub: 0.9 } },
    );
    expect(await found({ tags: "house" })).toEqual([1, 2]);
    expect(await found({ tags: "HOUSE:0.5" })).toEqual([1, 2]);
    expect(await found({ tags: "house:0.6" })).toEqual([1]);
    expect(await found({ tags: "house,dub" })).toEqual([1]);
    expect(await found({ tags: "dub" })).toEqual([1, 3]);
    expect(await found({ tags: "house:0.9" })).toEqual([1]);
    expect(await found({ tags: "nobody has it" })).toEqual([]);
    expect(await found({ where: "tags.tags=house:0.8|dub:0.8" })).toEqual([1, 3]);
    expect(await refusal({ tags: "house,,dub" })).toContain("tags: expected 1 to 20");
  });

  test("by duration, loudness, state, and the time of acceptance", async () => {
    const numbers = (sec: number, lufs: number) => ({
      "pcm.durationSec": sec,
      "loudness.integratedLufs": lufs,
    });
    await insert(
      { id: idOf(1), numbers: numbers(180, -14), acceptedAt: "2025-01-01T10:00:00.000Z" },
      { id: idOf(2), numbers: numbers(300, -8.5), state: "partial", acceptedAt: "2025-01-02T23:59:59.999Z" },
      { id: idOf(3), state: "failed", acceptedAt: "2025-01-03T00:00:00.000Z" },
    );
    expect(await found({ duration: "180..240" })).toEqual([1]);
    expect(await found({ loudness: "-9..-8" })).toEqual([2]);
    expect(await found({ loudness: "..-14" })).toEqual([1]);
    expect(await found({ state: "done" })).toEqual([1]);
    expect(await found({ state: "partial,failed" })).toEqual([2, 3]);
    expect(await found({ accepted: "2025-01-01..2025-01-02" })).toEqual([1, 2]);
    expect(await found({ accepted: "2025-01-02..2025-01-02" })).toEqual([2]);
    expect(await found({ accepted: "2025-01-02.." })).toEqual([2, 3]);
    expect(await found({ accepted: "..2025-01-03T00:00:00Z" })).toEqual([1, 2]);
    expect(await refusal({ state: "lost" })).toContain('got "lost"');
    for (const odd of ["yesterday", "2025-02-30..", "2025-01-02..2025-01-01", "..", "2025-13-01"])
      expect(await refusal({ accepted: odd })).toContain("expected a range of days or instants");
  });

  test("by words of title and file name, the last of which may be a beginning, without case and accents", async () => {
    await insert(
      { id: idOf(1), title: "Déjà Vu", fileName: "beyonce.mp3" },
      { id: idOf(2), title: "Vuelta", fileName: "a.wav" },
    );
    expect(await found({ words: "deja" })).toEqual([1]);
    expect(await found({ words: "VU" })).toEqual([1, 2]);
    expect(await found({ words: "vu bey" })).toEqual([1]);
    expect(await found({ words: "bey vu" })).toEqual([]);
    expect(await found({ words: "mp3 déjà" })).toEqual([1]);
    expect(await found({ words: "nothing" })).toEqual([]);
    expect(await found({ words: "a' | !b & (wav" })).toEqual([]);
    expect(await refusal({ words: "!&|" })).toContain("words: expected words");
  });

  test("by any other fact: numbers, words that are counted, and texts", async () => {
    await insert(
      {
        id: idOf(1),
        codec: "aac",
        container: "Ogg; Vorbis",
        numbers: { "aac.bitRateKbps": 128, "aac.truePeakDbtp": -1 },
      },
      { id: idOf(2), codec: "opus", container: "mp3", numbers: { "aac.bitRateKbps": 96.5 } },
    );
    expect(await found({ where: "aac.bitRateKbps=96.5" })).toEqual([2]);
    expect(await found({ where: "bitRateKbps=100..;codec=aac" })).toEqual([1]);
    expect(await found({ where: "codec=AAC|opus" })).toEqual([1, 2]);
    expect(await found({ where: "container=vorb" })).toEqual([1]);
    expect(await found({ where: "container=ogg;;vorbis;codec=aac" })).toEqual([1]);
    // Of a text, and not of the file's name.
    expect(await found({ words: "vorbis" })).toEqual([]);
    expect(await refusal({ where: "odd=1" })).toMatch(
      /got "odd"; there are: pcm\.durationSec, pcm\.container, /,
    );
    expect(await refusal({ where: "truePeakDbtp=..0" })).toContain(
      "may be pcm.truePeakDbtp, aac.truePeakDbtp",
    );
    expect(await refusal({ where: "codec" })).toBe('where: expected name=value, got "codec"');
    expect(await refusal({ where: "codec=" })).toContain("where: aac.codec: expected 1 to 20");
    expect(await refusal({ sort: "codec" })).toContain("sort: expected a fact that is a number");
    expect(await refusal({ colour: "red" })).toContain('unknown: "colour"');
  });

  test("with what its kinds say of it; whether anything may be lacking is said, too", async () => {
    const given = { id: idOf(1), title: "A", fileName: "a.mp3", acceptedAt: "2025-01-01T00:00:00.123Z" };
    await insert({ ...given, numbers: bpm(120) });
    expect(await search({})).toEqual({
      tracks: [{ ...given, url: `${api.url}/v1/tracks/${idOf(1)}`, state: "done", facts: bpm(120) }],
      ...{ nextCursor: null, isComplete: true },
    });
    await api.pool.query("update search_place set walked_to = $1", [idOf(0)]);
    expect(await search({})).toMatchObject({ isComplete: false });
  });

  test("before a catalog has said what there is, that is told", async () => {
    expect(await refusal({ bpm: "120" })).toBe(
      'bpm: expected a fact that is a number, got "bpm"; there are: none yet',
    );
    expect(await search({})).toMatchObject({ tracks: [], isComplete: false });
    await insertSearchedFacts(api.pool);
    const { facts } = SearchedFacts.parse(await (await fetch(`${api.url}/v1/search/facts`)).json());
    expect(facts).toContainEqual({
      name: "tempo.bpm",
      index: "number",
      isQuick: true,
      label: null,
      unit: "BPM",
    });
  });
});

describe("pages", () => {
  const pages = async (query: Record<string, string>, between: () => Promise<unknown> = async () => {}) => {
    const all: number[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page: SearchPage = await search({ ...query, limit: "7", ...(cursor ? { cursor } : {}) });
      all.push(...page.tracks.map(({ id }) => Number(id.slice(-12))));
      cursor = page.nextCursor;
      await between();
    }
    return all;
  };
  const numbers = Array.from({ length: 40 }, (_, n) => n);

  test.each(["accepted", "-accepted", "bpm", "-bpm", "aac.bitRateKbps", "-aac.bitRateKbps"])(
    "in the order of %s each track comes once, those with the same number too",
    async (sort) => {
      await insert(
        ...numbers.map((n) => ({
          ...{ id: idOf(n), acceptedAt: `2025-01-01T00:00:0${n % 3}.000Z` },
          numbers: { ...bpm(100 + (n % 4) / 3), "aac.bitRateKbps": 1 / (1 + (n % 5)) },
        })),
        { id: idOf(50), acceptedAt: "2025-01-01T00:00:00.000Z" },
      );
      const key = (n: number) =>
        sort.endsWith("accepted") ? n % 3 : sort.endsWith("bpm") ? n % 4 : 1 / (1 + (n % 5));
      const way = sort.startsWith("-") ? -1 : 1;
      const all = sort.endsWith("accepted") ? [...numbers, 50] : numbers;
      const keyed = (n: number) => (n === 50 ? 0 : key(n));
      const expected = all.toSorted((a, b) => way * (keyed(a) - keyed(b) || a - b));
      expect(await pages({ sort })).toEqual(expected);
    },
  );

  test("of tracks that are there all the time each comes once, while others come, go and change", async () => {
    await insert(...numbers.map((n) => ({ id: idOf(n), numbers: bpm(100 + n) })));
    let next = 100;
    const change = async () => {
      next += 1;
      await insert({ id: idOf(next), numbers: bpm(90 + (next % 60)) });
      await api.pool.query("delete from search_tracks where id = $1", [idOf(next - 1)]);
      await api.pool.query("update search_tracks set state = 'partial', title = 'x' where id = $1", [
        idOf(next % 40),
      ]);
    };
    for (const sort of ["bpm", "-bpm"]) {
      const all = await pages({ sort }, change);
      const stayed = all.filter((n) => n < 100);
      expect(stayed).toEqual(sort === "bpm" ? numbers : numbers.toReversed());
    }
  });

  test("a cursor leads on in its own search alone", async () => {
    await insert(...numbers.map((n) => ({ id: idOf(n), numbers: bpm(100 + n), tags: { house: 1 } })));
    const query = { bpm: "100..200", sort: "bpm", limit: "5" };
    const { nextCursor } = await search(query);
    const cursor = nextCursor ?? expect.unreachable();
    expect((await search({ ...query, cursor, limit: "6" })).tracks[0]?.id).toBe(idOf(5));
    const others = [{ bpm: "100..201" }, { sort: "-bpm" }, { tags: "house" }, { sort: "accepted" }];
    for (const other of others)
      expect(await refusal({ ...query, ...other, cursor })).toContain("cursor: expected");
    for (const odd of ["x", "", Buffer.from("{}").toString("base64url"), `${cursor.slice(0, -4)}AAAA`])
      expect(await refusal({ ...query, cursor: odd })).toContain("cursor: expected");
  });
});

describe("counts", () => {
  test("of each value, the most frequent first, among the tracks that are as it is asked for", async () => {
    await insert(
      { id: idOf(1), tags: { house: 0.9, dub: 0.2 }, camelot: "8A", numbers: bpm(120) },
      { id: idOf(2), tags: { house: 0.5 }, camelot: "9A", state: "partial", numbers: bpm(124) },
      { id: idOf(3), tags: { rock: 0.5 }, camelot: "8A" },
    );
    const values = (...all: [string, number][]) => all.map(([value, tracks]) => ({ value, tracks }));
    expect(await facets({ facets: "tags,camelot,state" })).toEqual({
      ...{ tracks: 3, isExact: true, isComplete: true },
      facets: {
        tags: values(["house", 2], ["dub", 1], ["rock", 1]),
        camelot: values(["8A", 2], ["9A", 1]),
        state: values(["done", 2], ["partial", 1]),
      },
    });
    expect(await facets({ facets: "tags", bpm: "110..130", limit: "1" })).toMatchObject({
      ...{ tracks: 2, facets: { tags: values(["house", 2]) } },
    });
    expect(await refusal({ facets: "bpm" }, "/facets")).toContain(
      "facets: expected a fact that is a keyword",
    );
  });
});

test("a rebuild is asked for, and is over when all tracks were gone through", async () => {
  const read = async (method: string) =>
    SearchRebuild.parse(await (await fetch(`${api.url}/v1/search/rebuild`, { method })).json());
  await insertSearchedFacts(api.pool);
  const before = await read("GET");
  expect(before).toMatchObject({ begun: 0, isComplete: true });
  const asked = await read("POST");
  expect(asked).toMatchObject({ begun: 0, isComplete: false });
  expect(asked.asked).toBeGreaterThan(before.asked);
  // Other news, of requests that took long on a busy machine say, may have come before.
  const wanted = expect.objectContaining({ type: "SearchWanted" });
  await expect.poll(() => api.published("news", 1)).toContainEqual(wanted);
  await api.pool.query("update search_place set rebuild = $1", [asked.asked]);
  expect(await read("GET")).toEqual({ asked: asked.asked, begun: asked.asked, isComplete: true });
});
