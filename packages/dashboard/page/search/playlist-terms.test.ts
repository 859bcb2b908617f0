import { expect, test } from "vitest";
import { playlistQueryOf, sayEnd, sayTransition } from "./playlist-terms.ts";

const terms = { minutes: " 90 ", course: "", harmonic: true };

test("a playlist is of what a search finds: its filters go along, its order and its pages do not", () => {
  const search = "words=blue+note&key=8A&harmonic=true&sort=-bpm&limit=5&where=aac.codec%3Daac&state=failed";
  expect(playlistQueryOf(terms, search)).toBe(
    "words=blue+note&key=8A&where=aac.codec%3Daac&state=failed&neighbours=true&minutes=90&harmonic=true",
  );
  expect(playlistQueryOf({ minutes: "", course: "118..126", harmonic: false }, "", "id 1")).toBe(
    "seed=id+1&course=118..126",
  );
});

test("what came of it is said, and that it is short where it is", () => {
  const playlist = { title: "", tracks: [{} as never], candidates: 1, isSampled: false, isComplete: true };
  expect(sayEnd({ ...playlist, durationSec: 240, wantedSec: 300 })).toBe("1 track, 4:00.");
  expect(sayEnd({ ...playlist, durationSec: 240, wantedSec: 3_600, isSampled: true })).toBe(
    "1 track, 4:00 of 1:00:00: nothing more goes with it, out of a sample of what is like that.",
  );
  expect(sayEnd({ ...playlist, tracks: [], durationSec: 0, wantedSec: 60 })).toBe("No track is like that.");
});

test("a transition in words; what is not known is left out", () => {
  const plain = { tempoPercent: 1.24, key: "neighbour", loudnessLu: -0.5, energy: 0, cost: 1 } as const;
  expect(sayTransition(plain)).toBe("+1.2 %, neighbouring key, -0.5 LU");
  expect(sayTransition({ ...plain, tempoPercent: null, key: "unknown", loudnessLu: null })).toBe("");
});
