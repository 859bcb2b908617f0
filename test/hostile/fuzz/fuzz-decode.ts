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
  readonly limitMs: number;
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
  /** Rounds that ended untyped, late, or left a process behind, in words. */
  readonly findings: readonly string[];
}

/** The time budget of decode. */
const budgetMs = 10_000;

/**
 * Decodes damaged files until the time is up. A seed and a round make a file: the same again, on any machine with the
 * same ffmpeg.
 */
export async function fuzzDecode({
  seed,
  limitMs,
  keepDir,
  studio,
  onFinding,
}: FuzzOptions): Promise<FuzzRun> {
  const outcomes = new Map<string, number>();
  const findings: string[] = [];
  let slowestMs = 0;
  let rounds = 0;
  const dir = await studio.folder();
  for (const deadline = performance.now() + limitMs; performance.now() < deadline; rounds++) {
    const { bytes, extension } = await fileOf(studio, seed, rounds);
    const { outcome, typed, durationMs, message } = await decodeDirectly(bytes, dir);
    const left = (await descendantsOf([process.pid])).filter((program) => /ffmpeg|zombie/.test(program));
    const told = outcome.state === "done" ? "done" : describeOutcome(outcome);
    outcomes.set(told, (outcomes.get(told) ?? 0) + 1);
    slowestMs = Math.max(slowestMs, durationMs);
    const faults = [
      ...(typed ? [] : [`${told} (${message})`]),
      ...(durationMs > budgetMs ? [`took ${Math.round(durationMs)} ms`] : []),
      ...left.map((child) => `left ${child}`),
    ];
    if (faults.length === 0) continue;
    await mkdir(keepDir, { recursive: true });
    const kept = join(keepDir, `${seed}-${rounds}.${extension}`);
    await writeFile(kept, bytes);
    findings.push(`round ${rounds}, ${extension}: ${faults.join("; ")}; kept as ${kept}`);
    onFinding?.(findings.at(-1) ?? "");
  }
  await rm(dir, { recursive: true, force: true });
  return { rounds, outcomes, slowestMs, findings };
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
