import { expect, test } from "vitest";
import { clipFolder, hasAnnotatedClips } from "./annotated-clips.ts";
import type { Clip } from "./clip.ts";
import { composedClips } from "./composed-clips.ts";
import { segue } from "./extractors.ts";
import { everyFifth, findBelow, shortFloors } from "./floors.ts";
import { measureClip } from "./measure.ts";
import { readSet } from "./read-set.ts";
import { type Score, sumScores } from "./score.ts";

async function total(clips: readonly Clip[]): Promise<Score> {
  const scores: Score[] = [];
  for (const clip of clips) scores.push((await measureClip(segue, clip)).score);
  return sumScores(scores);
}

test("music that the project composes keeps its tempo and key", async () => {
  const { tempoExact, tempoUpToOctave, keyExact } = await total(composedClips(10));
  expect(tempoUpToOctave).toBe(10);
  expect(tempoExact).toBeGreaterThanOrEqual(9);
  expect(keyExact).toBeGreaterThanOrEqual(8);
});

if (!hasAnnotatedClips) console.warn(`accuracy on annotated music: SKIPPED, there is none at ${clipFolder}`);

// The short form of `npm run accuracy -- --check`.
test.skipIf(!hasAnnotatedClips)("annotated music: every fifth clip stays above its floors", async () => {
  const clips = everyFifth((await readSet(clipFolder)).clips);
  expect(clips.length).toBe(12);
  const score = await total(clips);
  expect(findBelow(score, shortFloors), JSON.stringify(score)).toEqual([]);
});
