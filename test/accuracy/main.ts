// Tempo and key on music with known truth, next to essentia.js as it comes: `npm run accuracy -- [FOLDER...]`, of which each has a
// `truth.csv`; without one, what lies beside the checkout. `--misses` names what was missed; `--chosen-too` reports on sets that
// parameters were chosen on; `--check` measures ours alone and fails where it is below its floors.
import { parseArgs } from "node:util";
import { clipFolder, hasAnnotatedClips, labelledFolders } from "./annotated-clips.ts";
import { isChosenOn } from "./chosen-on.ts";
import type { Clip } from "./clip.ts";
import { composedClips } from "./composed-clips.ts";
import { createStockExtractor, segue } from "./extractors.ts";
import { findBelow, floors } from "./floors.ts";
import { type Measured, measureClip } from "./measure.ts";
import { readSet } from "./read-set.ts";
import { calibration, misses, table } from "./report.ts";
import { sumScores } from "./score.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    misses: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    "chosen-too": { type: "boolean", default: false },
  },
});

async function report(title: string, clips: readonly Clip[]): Promise<void> {
  console.log(`\n${title}: ${clips.length} clips; percent, with 95 % intervals`);
  for (const extractor of [segue, createStockExtractor()]) {
    const measured: Measured[] = [];
    for (const clip of clips) measured.push(await measureClip(extractor, clip));
    const missed = options.misses && extractor === segue ? misses(measured) : [];
    console.log([...table(extractor.name, measured), ...calibration(measured), ...missed].join("\n"));
  }
}

async function check(): Promise<string[]> {
  const scores = [];
  for (const clip of (await readSet(clipFolder)).clips) scores.push((await measureClip(segue, clip)).score);
  const score = sumScores(scores);
  console.log(`annotated music, ${scores.length} clips: ${JSON.stringify(score)}`);
  return findBelow(score, floors);
}

if (options.check && hasAnnotatedClips) {
  const below = await check();
  for (const figure of below) console.log(`BELOW ITS FLOOR: ${figure}`);
  process.exit(below.length > 0 ? 1 : 0);
}

if (positionals.length === 0) await report("composed by the project", composedClips(20));
const folders = positionals.length > 0 ? positionals : labelledFolders;
if (folders.length === 0) console.log(`\nlabelled music: SKIPPED, there is none at ${clipFolder}`);
for (const folder of folders) {
  const set = await readSet(folder);
  const chosen = isChosenOn(set);
  if (chosen && !options["chosen-too"]) {
    console.log(`\n${folder}: NOT REPORTED: ${chosen}; --chosen-too reports on it all the same`);
    continue;
  }
  await report(chosen ? `${folder} (${chosen.toUpperCase()})` : folder, set.clips);
}
