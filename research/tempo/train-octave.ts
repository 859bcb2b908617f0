// Learns how people count a pulse: `node research/tempo/train-octave.ts [--write] FEATURES...`, files of what `features.ts` prints.
// Groups (packages, songs, grooves) are left out in turn, and what is said of them is printed: how often the count is right beside the
// pulse as it was heard, and how often what was said with a probability was right. `--write` fits to all of them instead, and writes the model.
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { chooseAmong, countFactors } from "@segue/bpm-key/choose-count";
import { pulseFeatureNames } from "@segue/bpm-key/pulse-features";
import { z } from "zod";
import { calibrationError, reliability, type Said, wilson } from "../../test/accuracy/statistics.ts";
import { fitLogistic, fitLogit, type Sample } from "./fit.ts";

const Piece = z.object({
  name: z.string(),
  group: z.string(),
  bpm: z.number(),
  pulseBpm: z.number(),
  heard: z.number(),
  counts: z.array(z.object({ bpm: z.number(), features: z.array(z.number()) })),
});
type Piece = z.infer<typeof Piece>;

const modelUrl = new URL("../../services/bpm-key/src/octave-model.json", import.meta.url);
const penalties = [0.01, 0.03, 0.1, 0.3, 1];
const folds = 10;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: "boolean", default: false } },
});

const isNear = (bpm: number, truth: number) => Math.abs(bpm / truth - 1) <= 0.04;
const isPulseRight = ({ pulseBpm, bpm }: Piece) =>
  [1, 2, 1 / 2, 3, 1 / 3].some((f) => isNear(pulseBpm, bpm * f));

function samplesOf(pieces: readonly Piece[]): Sample[] {
  const sizes = Map.groupBy(pieces, ({ group }) => group);
  return pieces.flatMap(({ counts, bpm, group }) => {
    const right = counts.findIndex((count) => isNear(count.bpm, bpm));
    // A package of many says less by each of them.
    const weight = 1 / Math.sqrt(sizes.get(group)?.length ?? 1);
    return right < 0 ? [] : [{ options: counts.map(({ features }) => features), right, weight }];
  });
}

interface Chosen {
  readonly piece: Piece;
  readonly bpm: number;
  readonly probability: number;
  /** Of the way in which it is counted; null where it is none of those that were looked at. */
  readonly loss: number | null;
}

function choose(weights: readonly number[], piece: Piece): Chosen {
  const options = piece.counts.map(({ bpm, features }) => ({
    ...{ bpm, features },
    factor: countFactors.find((each) => isNear(bpm / piece.pulseBpm, each)) ?? 1,
  }));
  const counts = chooseAmong(options, weights);
  const right = counts.find(({ bpm }) => isNear(bpm, piece.bpm));
  return {
    piece,
    bpm: counts[0]?.bpm ?? 0,
    probability: counts[0]?.probability ?? 0,
    loss: right ? -Math.log(right.probability) : null,
  };
}

/** Groups dealt out into folds, the largest first, each to the smallest fold. */
function foldsOf(pieces: readonly Piece[], count: number): Piece[][] {
  const dealt: Piece[][] = Array.from({ length: count }, () => []);
  const groups = [...Map.groupBy(pieces, ({ group }) => group).values()];
  for (const group of groups.sort((a, b) => b.length - a.length))
    dealt.reduce((least, fold) => (fold.length < least.length ? fold : least)).push(...group);
  return dealt.filter((fold) => fold.length > 0);
}

function leaveOut(pieces: readonly Piece[], penalty: number): Chosen[] {
  return foldsOf(pieces, folds).flatMap((fold) => {
    const rest = pieces.filter((piece) => !fold.includes(piece));
    const weights = fitLogit(samplesOf(rest), penalty);
    return fold.map((piece) => choose(weights, piece));
  });
}

const meanLoss = (chosen: readonly Chosen[]) => {
  const losses = chosen.flatMap(({ loss }) => loss ?? []);
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
};

/** By what is left of the pieces alone. */
function choosePenalty(pieces: readonly Piece[]): number {
  const losses = penalties.map((penalty) => meanLoss(leaveOut(pieces, penalty)));
  return penalties[losses.indexOf(Math.min(...losses))] ?? 0.1;
}

function share(chosen: readonly Chosen[], bpmOf: (chosen: Chosen) => number): string {
  const right = chosen.filter((each) => isNear(bpmOf(each), each.piece.bpm)).length;
  const { low, high } = wilson(right / chosen.length, chosen.length);
  return `${right} of ${chosen.length} (${Math.round(100 * low)} to ${Math.round(100 * high)} %)`;
}

function printCalibration(what: string, said: readonly Said[]): void {
  console.log(`${what}: calibration error ${calibrationError(said).toFixed(3)}`);
  for (const { count, meanConfidence, right } of reliability(said))
    console.log(`  said ${meanConfidence.toFixed(2)}, right ${right.toFixed(2)} (${count})`);
}

const isSingle = (group: string) => group.startsWith("pop909") || group === "generated none";
const pieces = (await Promise.all(positionals.map((path) => readFile(path, "utf8"))))
  .flatMap((text) => text.trim().split("\n"))
  .map((line) => Piece.parse(JSON.parse(line)))
  // Songs that have nothing in common but who collected them.
  .map((piece) => (isSingle(piece.group) ? { ...piece, group: piece.name } : piece));

function report(): void {
  const outer = foldsOf(pieces, folds).map((fold) => {
    const rest = pieces.filter((piece) => !fold.includes(piece));
    const penalty = choosePenalty(rest);
    const weights = fitLogit(samplesOf(rest), penalty);
    const pulse = fitLogistic(rest.map((piece) => ({ at: piece.heard, isTrue: isPulseRight(piece) })));
    return fold.map((piece) => ({ ...choose(weights, piece), sure: pulse.probabilityAt(piece.heard) }));
  });
  const left = outer.flat();
  console.log(
    `${pieces.length} pieces, left out by groups; the pulse is right up to the octave in ${pieces.filter(isPulseRight).length}`,
  );
  console.log(`as it was heard: ${share(left, ({ piece }) => piece.pulseBpm)}`);
  console.log(`as it is counted: ${share(left, ({ bpm }) => bpm)}`);
  printCalibration(
    "pulse",
    left.map(({ piece, sure }) => ({ confidence: sure, isRight: isPulseRight(piece) })),
  );
  const counted = left.filter(({ piece }) => isPulseRight(piece));
  printCalibration(
    "octave",
    counted.map(({ piece, bpm, probability }) => ({
      confidence: probability,
      isRight: isNear(bpm, piece.bpm),
    })),
  );
}

async function write(): Promise<void> {
  const penalty = choosePenalty(pieces);
  const weights = fitLogit(samplesOf(pieces), penalty).map((weight) => Number(weight.toPrecision(5)));
  if (weights.length !== pulseFeatureNames.length)
    throw new Error(`expected ${pulseFeatureNames.length} weights, got ${weights.length}`);
  const { bias, slope } = fitLogistic(
    pieces.map((piece) => ({ at: piece.heard, isTrue: isPulseRight(piece) })),
  );
  const pulse = { bias: Number(bias.toPrecision(5)), slope: Number(slope.toPrecision(5)) };
  await writeFile(modelUrl, `${JSON.stringify({ penalty, weights, pulse }, null, 2)}\n`);
  console.log(`written, with a penalty of ${penalty}`);
}

if (options.write) await write();
else report();
