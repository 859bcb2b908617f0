// Tempo and key on music with known truth, next to essentia.js as it comes: `npm run accuracy`. `--misses` names what was
// missed; `--check` measures ours alone, on annotated music, and fails where it is below its floors.
import { annotatedClips, clipFolder, hasAnnotatedClips } from "./annotated-clips.ts";
import type { Clip } from "./clip.ts";
import { composedClips } from "./composed-clips.ts";
import { createStockExtractor, type Extractor, segue } from "./extractors.ts";
import { findBelow, floors } from "./floors.ts";
import { type Measured, measureClip } from "./measure.ts";
import { sumScores } from "./score.ts";

const columns = ["tempo exact", "up to octave", "key exact", "key weighted", "CPU-s per audio min"];
const firstWidth = 30;

function row(name: string, cells: readonly string[]): string {
  return (
    name.padEnd(firstWidth) + cells.map((cell, i) => cell.padStart((columns[i]?.length ?? 0) + 3)).join("")
  );
}

function summary(extractor: Extractor, measured: readonly Measured[]): string {
  const total = sumScores(measured.map(({ score }) => score));
  const cpuSec = measured.reduce((sum, { cpuSec: own }) => sum + own, 0);
  const audioMin = measured.reduce((sum, { durationSec }) => sum + durationSec, 0) / 60;
  return row(extractor.name, [
    `${total.tempoExact}`,
    `${total.tempoUpToOctave}`,
    `${total.keyExact}`,
    total.keyWeighted.toFixed(1),
    (cpuSec / audioMin).toFixed(3),
  ]);
}

function miss({ clip: { name, truth }, estimate, score }: Measured): string[] {
  if (score.tempoExact && score.keyExact) return [];
  const tempo = score.tempoExact ? "" : `tempo ${truth.bpm} heard as ${estimate.bpm ?? "none"}`;
  const heard = estimate.key === null ? "none" : `${estimate.key} ${estimate.mode}`;
  const key = score.keyExact ? "" : `key ${truth.key} ${truth.mode} heard as ${heard}`;
  return [`  ${name}: ${[tempo, key].filter((part) => part !== "").join("; ")}`];
}

async function report(title: string, clips: readonly Clip[], showMisses: boolean): Promise<void> {
  console.log(`\n${title}: ${clips.length} clips`);
  console.log(row("", columns));
  for (const extractor of [segue, createStockExtractor()]) {
    const measured: Measured[] = [];
    for (const clip of clips) measured.push(await measureClip(extractor, clip));
    console.log(summary(extractor, measured));
    if (showMisses && extractor === segue) console.log(measured.flatMap(miss).join("\n"));
  }
}

async function check(): Promise<string[]> {
  const scores = [];
  for (const clip of await annotatedClips()) scores.push((await measureClip(segue, clip)).score);
  const score = sumScores(scores);
  console.log(`annotated music, ${scores.length} clips: ${JSON.stringify(score)}`);
  return findBelow(score, floors);
}

if (process.argv.includes("--check") && hasAnnotatedClips) {
  const below = await check();
  for (const figure of below) console.log(`BELOW ITS FLOOR: ${figure}`);
  process.exit(below.length > 0 ? 1 : 0);
}

const showMisses = process.argv.includes("--misses");
await report("composed by the project", composedClips(20), showMisses);
if (hasAnnotatedClips) await report("annotated music", await annotatedClips(), showMisses);
else console.log(`\nannotated music: SKIPPED, there is none at ${clipFolder}`);
