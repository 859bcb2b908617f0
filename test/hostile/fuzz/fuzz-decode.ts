import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRandom } from "@segue/synth";
import { damage, goodFormats } from "../corpus/mutations.ts";
import type { Studio } from "../corpus/studio.ts";
import { decodeDirectly } from "../feed/decode-directly.ts";
import { descendantsOf } from "../feed/footprint.ts";
import { describeOutcome } from "../feed/match-outcome.ts";

export interface FuzzOptions {
  readonly seed: number;
  /** Asked before each round, which are counted from 0. */
  goesOn(round: number): boolean;
  /** Findings are kept here, one file each, named by seed and round. */
  readonly keepDir: string;
  readonly studio: Studio;
  onFinding?(finding: string): void;
}

export interface FuzzRun {
  readonly rounds: number;
  /** Outcomes and how often each came. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly slowestMs: number;
  /** Rounds that ended untyped or left a process behind, in words. */
  readonly findings: readonly string[];
  /** Those that took longer than the budget: on a machine that is busy with other work that says nothing. */
  readonly slow: readonly string[];
}

/** The time budget of decode. */
const budgetMs = 10_000;

/**
 * Decodes damaged files. A seed and a round make a file: the same again, on any machine with the
 * same ffmpeg.
 */
export async function fuzzDecode({
  seed,
  goesOn,
  keepDir,
  studio,
  onFinding,
}: FuzzOptions): Promise<FuzzRun> {
  const outcomes = new Map<string, number>();
  const findings: string[] = [];
  const slow: string[] = [];
  let slowestMs = 0;
  let rounds = 0;
  const dir = await studio.folder();
  for (; goesOn(rounds); rounds++) {
    const { bytes, extension } = await fileOf(studio, seed, rounds);
    const { outcome, typed, durationMs, message } = await decodeDirectly(bytes, dir);
    const left = (await descendantsOf([process.pid])).filter((program) => /ffmpeg|zombie/.test(program));
    const told = outcome.state === "done" ? "done" : describeOutcome(outcome);
    outcomes.set(told, (outcomes.get(told) ?? 0) + 1);
    slowestMs = Math.max(slowestMs, durationMs);
    const faults = [...(typed ? [] : [`${told} (${message})`]), ...left.map((child) => `left ${child}`)];
    if (durationMs > budgetMs) slow.push(`round ${rounds}, ${extension}: took ${Math.round(durationMs)} ms`);
    if (faults.length === 0) continue;
    await mkdir(keepDir, { recursive: true });
    const kept = join(keepDir, `${seed}-${rounds}.${extension}`);
    await writeFile(kept, bytes);
    findings.push(`round ${rounds}, ${extension}: ${faults.join("; ")}; kept as ${kept}`);
    onFinding?.(findings.at(-1) ?? "");
  }
  await rm(dir, { recursive: true, force: true });
  return { rounds, outcomes, slowestMs, findings, slow };
}

async function fileOf(studio: Studio, seed: number, round: number) {
  const random = createRandom(seed).fork(`round ${round}`);
  const [extension, ...args] = goodFormats[random.below(goodFormats.length)] ?? ["wav"];
  let bytes = damage(await studio.tone(extension, ...args), random);
  // Once in a while the rest is of another format.
  if (random.chance(0.1)) {
    const [other, ...otherArgs] = goodFormats[random.below(goodFormats.length)] ?? ["wav"];
    const tail = await studio.tone(other, ...otherArgs);
    bytes = Buffer.concat([bytes.subarray(0, random.below(2_000)), tail.subarray(random.below(2_000))]);
  }
  return { bytes, extension };
}
