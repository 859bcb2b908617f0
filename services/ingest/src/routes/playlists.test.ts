import { Playlist, Problem } from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";
import { insertOwnedTrack } from "../fixtures/owned-tracks.ts";
import { insertSearched, type SearchedTrack } from "../fixtures/searched-tracks.ts";

const idOf = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, "0")}`;
const numberOf = ({ id }: { id: string }) => Number(id.slice(-12));

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi();
});
afterAll(() => api[Symbol.asyncDispose]());
beforeEach(() =>
  api.pool.query(
    "truncate search_lacking, search_vectors, search_tracks, search_keywords, search_facts, search_place",
  ),
);

const heard = (
  bpm: number,
  camelot: string,
  changes: Partial<SearchedTrack> = {},
): Partial<SearchedTrack> => ({
  ...{ camelot, tags: { house: 0.9, energetic: 0.5 } },
  numbers: { "tempo.bpm": bpm, "pcm.durationSec": 240, "loudness.integratedLufs": -10 },
  ...changes,
});
const insert = (...tracks: Partial<SearchedTrack>[]) =>
  insertSearched(api.pool, ...tracks.map((track, n) => ({ id: idOf(n), ...track })));
const ask = (query: Record<string, string> = {}) =>
  fetch(`${api.url}/v1/playlists?${new URLSearchParams(query)}`);
const playlist = async (query: Record<string, string> = {}) => {
  const answer = await ask(query);
  const json: unknown = await answer.json();
  expect([query, answer.status, json]).toEqual([query, 200, json]);
  return Playlist.parse(json);
};
const refusal = async (query: Record<string, string>) => {
  const { code, status, detail } = Problem.parse(await (await ask(query)).json());
  return [status, code, detail];
};

test("from a track, as long as it is wished for, each transition told; the same question has the same answer", async () => {
  await insert(
    ...Array.from({ length: 40 }, (_, n) => heard(118 + n / 5, n % 4 === 3 ? "2B" : "8A")),
    heard(118, "8A", { state: "failed" }),
    heard(118, "8A", { numbers: { "tempo.bpm": 118 } }),
  );
  const query = { seed: idOf(0), minutes: "40", harmonic: "true" };
  const made = await playlist(query);
  expect(made.tracks.map(numberOf)[0]).toBe(0);
  expect(made).toMatchObject({ durationSec: 2_400, wantedSec: 2_400, isSampled: false, isComplete: true });
  expect(made.tracks).toHaveLength(10);
  expect(new Set(made.tracks.map(({ id }) => id)).size).toBe(10);
  expect(made.candidates).toBe(40);
  expect(made.tracks[0]?.transition).toBeNull();
  for (const { transition } of made.tracks.slice(1))
    expect(transition).toMatchObject({ key: "same", loudnessLu: 0, energy: 0 });
  expect(made.tracks[1]).toMatchObject({
    ...{ startSec: 240, durationSec: 240, camelot: "8A", loudness: -10, energy: 0.5 },
    facts: { "pcm.durationSec": 240 },
  });
  expect(await playlist(query)).toEqual(made);
});

test("by a wish: a course of the tempo within what is found by tags, words and other facts", async () => {
  await insert(
    ...Array.from({ length: 30 }, (_, n) => heard(114 + n / 2, "8A", { tags: { house: n % 2 ? 0.9 : 0.3 } })),
    heard(60, "8A"),
  );
  const made = await playlist({ minutes: "20", course: "118..126", tags: "house:0.5", where: "camelot=8A" });
  expect(made.tracks.length).toBe(5);
  expect(made.tracks.every((track) => numberOf(track) % 2 === 1)).toBe(true);
  const tempos = made.tracks.map(({ bpm }) => bpm ?? 0);
  expect(tempos).toEqual(tempos.toSorted((a, b) => a - b));
  expect(Math.abs((tempos[0] ?? 0) - 118)).toBeLessThan(1.5);
  expect((tempos.at(-1) ?? 0) - (tempos[0] ?? 0)).toBeGreaterThan(4);
  const none = await playlist({ minutes: "4", course: "120..120", octaves: "true", words: "zzz" });
  expect(none.tracks).toEqual([]);
  expect(await refusal({ neighbours: "true" })).toMatchObject([
    ...[400, "invalid-request", "neighbours: expected key beside it"],
  ]);
  const keyed = { minutes: "4", key: "9A", bpm: "114..115" };
  expect((await playlist(keyed)).tracks).toEqual([]);
  expect((await playlist({ ...keyed, neighbours: "true" })).tracks).toHaveLength(1);
  const slow = await playlist({ minutes: "4", bpm: "120..121", octaves: "true", where: "tempo.bpm=..70" });
  expect(slow.tracks.map(numberOf)).toEqual([30]);
});

test("of many a sample is looked at, and another variant looks at others", async () => {
  await insert(...Array.from({ length: 1_050 }, () => heard(120, "8A")));
  const [first, again, other] = await Promise.all(
    ["0", "0", "5"].map((variant) => playlist({ minutes: "40", variant })),
  );
  expect(first).toMatchObject({ candidates: 1_000, isSampled: true });
  expect(again).toEqual(first);
  expect(other?.tracks.map(numberOf)).not.toEqual(first?.tracks.map(numberOf));
});

test("as M3U8 and JSPF: whatever a track is called, it is a line, and its file is where the API has it", async () => {
  const odd =
    'A "song", here\r\n#EXTINF:1,evil\nhttp://evil/\u001b[2J\u2028\u0085 <x> & \\ é \u202e\u{1f3b5}';
  await insert(heard(120, "8A", { title: odd }), heard(121, "8A", { fileName: "#EXTM3U.wav" }));
  const query = { seed: idOf(0), minutes: "8" };
  const m3u8 = await ask({ ...query, format: "m3u8" });
  expect(m3u8.headers.get("content-type")).toBe("application/vnd.apple.mpegurl");
  expect(m3u8.headers.get("content-disposition")).toContain("attachment; filename=playlist.m3u8");
  const lines = (await m3u8.text()).split("\n");
  expect(lines).toHaveLength(7);
  expect(lines.filter((line) => !line.startsWith("#"))).toEqual([
    ...[0, 1].map((n) => `${api.url}/v1/tracks/${idOf(n)}/assets/master`),
    "",
  ]);
  expect(lines[0]).toBe("#EXTM3U");
  expect(lines[2]).toMatch(/^#EXTINF:240,A "song", here #EXTINF:1,evil http:\/\/evil\//);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
  expect(lines.join("\n")).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
  const jspf = await ask({ ...query, format: "jspf" });
  expect(jspf.headers.get("content-type")).toMatch(/^application\/jspf\+json\b/);
  const parsed = z
    .object({ playlist: z.object({ track: z.array(z.record(z.string(), z.unknown())) }) })
    .parse(await jspf.json());
  expect(parsed.playlist.track[1]).toEqual({
    ...{
      location: [`${api.url}/v1/tracks/${idOf(1)}/assets/master`],
      title: "#EXTM3U.wav",
      duration: 240_000,
    },
    identifier: [`${api.url}/v1/tracks/${idOf(1)}`],
  });
});

test("links lead to the first sound that a track has, or to what is asked for; one master is played once", async () => {
  const tracks = [
    await insertOwnedTrack(api, "default", 1, "shared by two"),
    await insertOwnedTrack(api, "default", 2, "shared by two"),
  ];
  const made = await playlist({ minutes: "3" });
  expect(made.candidates).toBe(2);
  expect(made.tracks).toHaveLength(1);
  const [{ audio, url } = expect.unreachable()] = made.tracks;
  expect(audio).toEqual({ kind: "aac", url: `${url}/assets/aac` });
  expect(await (await fetch(audio.url)).text()).toBe("aac of shared by two");
  const sent = (await playlist({ minutes: "3", audio: "master" })).tracks[0]?.audio;
  expect(await (await fetch(sent?.url ?? "")).text()).toBe("shared by two");
  expect(tracks.map(({ id }) => id)).toContain(made.tracks[0]?.id);
  expect(await refusal({ audio: "tempo" })).toEqual([
    ...[400, "invalid-request", 'audio: expected aac, master, got "tempo"'],
  ]);
});

test("nobody begins with another's track, nor finds one", async () => {
  await insert(heard(120, "8A", { owner: "acme" }), heard(120, "8A"));
  expect(await refusal({ seed: idOf(0) })).toEqual([404, "not-found", expect.any(String)]);
  expect(await refusal({ seed: idOf(77) })).toEqual([404, "not-found", expect.any(String)]);
  expect((await playlist()).tracks.map(numberOf)).toEqual([1]);
});

test("what can't be is refused in words", async () => {
  expect(await refusal({})).toMatchObject([
    400,
    "invalid-request",
    expect.stringContaining("minutes: expected"),
  ]);
  await insert(heard(120, "8A"));
  for (const course of ["fast", "118", "118..", "0..120", "118..126..1", "1e3..2"])
    expect(await refusal({ course })).toMatchObject([
      400,
      "invalid-request",
      expect.stringContaining("course:"),
    ]);
  for (const minutes of ["0", "601", "x", ""])
    expect(await refusal({ minutes })).toMatchObject([
      400,
      "invalid-request",
      expect.stringContaining("minutes"),
    ]);
  expect(await refusal({ octaves: "true" })).toMatchObject([
    400,
    "invalid-request",
    expect.stringContaining("beside it"),
  ]);
  expect(await refusal({ format: "pls" })).toMatchObject([
    400,
    "invalid-request",
    expect.stringContaining("pls"),
  ]);
  expect((await playlist({ tags: "nobody has it" })).tracks).toEqual([]);
});
