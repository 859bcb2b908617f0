import type { Measured } from "./measure.ts";
import { type Score, type Sure, sumScores, sure } from "./score.ts";
import { calibrationError, reliability, type Said, wilson } from "./statistics.ts";

const columns = [
  "clips",
  "tempo exact",
  "up to octave",
  "within 0.1",
  "key exact",
  "key weighted",
  "CPU-s/min",
];
const firstWidth = 34;
const width = 18;

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(firstWidth) + cells.map((cell) => cell.padStart(width)).join("");
}

const percent = (share: number) => `${Math.round(100 * share)}`;

function shareOf(total: number, trials: number): string {
  if (trials === 0) return "-";
  const share = total / trials;
  const { low, high } = wilson(share, trials);
  return `${percent(share)} (${percent(low)} to ${percent(high)})`;
}

function figures(measured: readonly Measured[]): string[] {
  const scoreOf = (some: readonly Measured[]) => sumScores(some.map(({ score }) => score));
  const all = scoreOf(measured);
  const keyed = measured.filter(({ clip }) => clip.truth.key !== null);
  const share = (name: keyof Score, some: readonly Measured[], total: Score) =>
    shareOf(total[name], some.length);
  const keys = scoreOf(keyed);
  const audioMin = measured.reduce((sum, { durationSec }) => sum + durationSec, 0) / 60;
  const cpuSec = measured.reduce((sum, { cpuSec: own }) => sum + own, 0);
  return [
    `${measured.length}`,
    share("tempoExact", measured, all),
    share("tempoUpToOctave", measured, all),
    share("tempoFine", measured, all),
    share("keyExact", keyed, keys),
    share("keyWeighted", keyed, keys),
    (cpuSec / audioMin).toFixed(2),
  ];
}

/** Figures in percent with their 95 % intervals, of each group and of all: lines to print. */
export function table(name: string, measured: readonly Measured[]): string[] {
  const groups = Map.groupBy(measured, ({ clip }) => clip.group);
  const rows = groups.size > 1 ? [...groups].map(([group, some]) => row(`  ${group}`, figures(some))) : [];
  return [row(name, columns), ...rows, row("  all", figures(measured))];
}

/** What was said with what confidence; of the octave only where the pulse is right. */
function saidOf(measured: readonly Measured[], what: Sure): Said[] {
  return measured.flatMap(({ clip, estimate, score }) => {
    const confidence = estimate.confidence[what];
    const isAsked = what === "key" ? clip.truth.key !== null && estimate.key !== null : estimate.bpm !== null;
    const isCounted = what !== "octave" || score.tempoUpToOctave === 1;
    if (confidence === null || !isAsked || !isCounted) return [];
    const right = { pulse: score.tempoUpToOctave, octave: score.tempoExact, key: score.keyExact }[what];
    return [{ confidence, isRight: right === 1 }];
  });
}

/** Reliability: how often what was said with a confidence was right, and the mean distance of the two; lines to print. */
export function calibration(measured: readonly Measured[]): string[] {
  return sure.flatMap((what) => {
    const said = saidOf(measured, what);
    if (said.length === 0) return [];
    const bins = reliability(said).map(
      ({ count, meanConfidence, right }) =>
        `    said ${meanConfidence.toFixed(2)}, right ${right.toFixed(2)} ${"#".repeat(Math.round(right * 40))} (${count})`,
    );
    return [`  ${what}: calibration error ${calibrationError(said).toFixed(3)} over ${said.length}`, ...bins];
  });
}

/** What was missed, a line each. */
export function misses(measured: readonly Measured[]): string[] {
  return measured.flatMap(({ clip: { name, truth }, estimate, score }) => {
    const tempo = score.tempoExact ? "" : `tempo ${truth.bpm} heard as ${estimate.bpm ?? "none"}`;
    const heard = estimate.key === null ? "none" : `${estimate.key} ${estimate.mode}`;
    const isKeyMissed = truth.key !== null && !score.keyExact;
    const key = isKeyMissed ? `key ${truth.key} ${truth.mode} heard as ${heard}` : "";
    return tempo || key ? [`  ${name}: ${[tempo, key].filter(Boolean).join("; ")}`] : [];
  });
}
