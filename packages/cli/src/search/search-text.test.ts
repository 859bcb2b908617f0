import type { SimilarTrack } from "@segue/contracts";
import { expect, test } from "vitest";
import { renderPlaylist } from "./playlist-text.ts";
import { renderSimilar } from "./search-text.ts";

const track = (id: string, similarity: number): SimilarTrack => ({
  ...{
    id,
    url: "",
    state: "done",
    title: `Song ${id}`,
    fileName: null,
    acceptedAt: "2025-01-01T00:00:00.000Z",
  },
  ...{ facts: {}, similarity },
});

test("tracks that are like one are a line each, with how alike they are", () => {
  const similar = { by: "timbre.embedding", model: "m", isExact: false, isComplete: true };
  expect(
    renderSimilar({ ...similar, tracks: [track("1", 0.987), track("2", -0.5)] }, []).split("\n"),
  ).toEqual([
    "by timbre.embedding, of those near by",
    "ALIKE  ID  STATE  NAME",
    "0.99   1   done   Song 1",
    "-0.50  2   done   Song 2",
  ]);
  expect(renderSimilar({ ...similar, tracks: [] }, [])).toContain("no other track");
});

test("a playlist is a line each, with what changes; control characters of titles do nothing", () => {
  const { similarity: _similarity, ...first } = track("1", 1);
  const known = { durationSec: 240, bpm: 120, camelot: "8A", loudness: -9.96, energy: 0.5 };
  const audio = { kind: "aac", url: "" };
  const transition = { tempoPercent: 1.25, key: "neighbour", loudnessLu: 1, energy: 0, cost: 1 } as const;
  const text = renderPlaylist({
    ...{ title: "", durationSec: 480, wantedSec: 600, candidates: 9, isSampled: true, isComplete: true },
    tracks: [
      { ...first, ...known, audio, startSec: 0, transition: null },
      { ...first, ...known, audio, id: "2", title: "a\u001b[2Jb", startSec: 240, bpm: null, transition },
    ],
  });
  const [head, names, one, two] = text.split("\n");
  expect(head).toBe("2 tracks, 8:00 of 10:00 that were wished for, out of a sample of 9");
  expect(names).toMatch(/^AT +NAME +BPM +KEY +LUFS +ENERGY +ID$/);
  expect(one).toMatch(/^0:00 +Song 1 +120 +8A +-10 +0\.5 +1$/);
  expect(two).toMatch(/^4:00 +a\ufffd\[2Jb +- +\+1\.3 % +8A +neighbour +-10 +0\.5 +2$/);
});
