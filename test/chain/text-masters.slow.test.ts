// Masters that are no audio, through the real API, queue, workers and catalog; and a step with two outputs on the way.
import { encodeWav } from "@segue/synth";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type FleetUnderTest,
  factsOf,
  startFleetUnderTest,
  timesComputed,
} from "../support/fleet-under-test.ts";
import { Chorus, Lyrics, WordIndex } from "./fixtures/lyrics.step.ts";

const song =
  "Row, row, row your boat\r\nGently down the stream\r\n\r\nRow, row, row your boat\r\nLife is but a dream\r\n";
let running: FleetUnderTest;
beforeAll(async () => {
  running = await startFleetUnderTest({
    fleetUrl: new URL("./fixtures/lyrics.config.ts", import.meta.url).href,
  });
}, 600_000);
afterAll(() => running?.[Symbol.asyncDispose]());

async function submit(body: string | Buffer, contentType: string, query = ""): Promise<string> {
  const headers = { "content-type": contentType };
  const response = await running.client.get(`/v1/tracks${query}`, { method: "POST", headers, body });
  expect(response.status).toBe(202);
  return ((await response.json()) as { id: string }).id;
}

test("words are submitted as text, and read, indexed and searched for what comes again", async () => {
  const { client } = running;
  const track = await client.ended(await submit(song, "text/plain; charset=utf-8", "?title=Boat"));
  expect(track.state, track.summary).toBe("done");
  expect(factsOf(track, Lyrics)).toEqual({ lines: 4 });
  expect(factsOf(track, WordIndex)).toEqual({ words: 12 });
  expect(factsOf(track, Chorus)).toEqual({ line: "Row, row, row your boat", times: 2 });
  const read = track.steps.find(({ step }) => step === "read-lyrics");
  expect(read).toMatchObject({ kind: "read-lyrics", status: "succeeded" });
  expect(read?.outputs).toEqual({
    lyrics: track.results.lyrics?.address,
    "word-index": track.results["word-index"]?.address,
  });
  const textOf = async (path: string) => (await client.get(path)).text();
  expect(await textOf(`/v1/tracks/${track.id}/assets/lyrics`)).toBe(song.replaceAll("\r\n", "\n"));
  expect(JSON.parse(await textOf(`/v1/tracks/${track.id}/assets/word-index`))).toMatchObject({ row: [0, 2] });
  // What was submitted is what is given back.
  expect(await textOf(`/v1/tracks/${track.id}/assets/master`)).toBe(song);
});

test("who wants one of two outputs has the step run once; who comes for the other finds it there", async () => {
  const { client } = running;
  const other = `${song}once more\n`;
  const first = await client.ended(await submit(other, "text/plain", "?targets=word-index"));
  expect(first.steps.map(({ step }) => step)).toEqual(["read-lyrics"]);
  expect(first.state, first.summary).toBe("done");
  const second = await client.ended(await submit(other, "text/plain", "?targets=lyrics"));
  expect(second.steps).toMatchObject([{ step: "read-lyrics", how: "skipped" }]);
  expect(second.results.lyrics?.address).toBe(first.results.lyrics?.address);
  const history = await client.history(first.id, ({ attempts }) => attempts.length > 0);
  expect(timesComputed(history, "read-lyrics")).toBe(1);
});

test("what the chain's first step can't read fails in that step's own words", async () => {
  const wav = encodeWav({ channels: [new Float32Array(4_410)], sampleRateHz: 44_100, bitDepth: 16 });
  const track = await running.client.ended(await submit(wav, "audio/wav"));
  expect(track.state).toBe("failed");
  expect(track.steps).toMatchObject([
    { step: "read-lyrics", error: { code: "not-text", meaning: "The file is no text in UTF-8." } },
    { step: "find-chorus", status: "blocked", blockedBy: ["read-lyrics"] },
  ]);
  expect(track.results).toEqual({});
});
