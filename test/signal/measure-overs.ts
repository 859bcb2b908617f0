// What encoding does to the true peak of real music: `node test/signal/measure-overs.ts [--per 4] [--seconds 30] FOLDER...`. Each
// folder is a group (a package, an album). Of each, some files are brought to masters of 16 bit as a compact disc has them, cut off at
// full scale, and go through `decode` and `encode`. A line of JSON a file on stdout, then what they come to.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { decode } from "@segue/decode";
import { encode } from "@segue/encode";
import { runStep } from "@segue/step/testing";
import { createRandom } from "@segue/synth";
import { ownCpuMs } from "../../bench/chain/process-cpu.ts";
import { stepDb } from "../../services/encode/src/bitstream/lower-frames.ts";
import { lowerM4a } from "../../services/encode/src/lower-m4a.ts";

const { values, positionals } = parseArgs({
  options: {
    per: { type: "string", default: "4" },
    seconds: { type: "string", default: "30" },
  },
  allowPositionals: true,
});
const per = Number(values.per);
const seconds = Number(values.seconds);

interface Measured {
  readonly group: string;
  readonly file: string;
  readonly masterDbtp: number;
  readonly ceilingDbtp: number;
  /** As it was coded, before it was lowered. */
  readonly codedDbtp: number;
  readonly deliveredDbtp: number;
  readonly encodeCpuSec: number;
  /** Of lowering it, whether it had to be or not. */
  readonly lowerCpuSec: number;
}

const audio = /\.(ogg|oga|mp3|flac|wav|xm|it|mod|s3m|opus|m4a)$/i;
const measured: Measured[] = [];
for (const folder of positionals) {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => audio.test(file));
  let found = 0;
  for (const file of files.toSorted()) {
    if (found >= per) break;
    const result = await measure(basename(folder), join(folder, file));
    if (!result) continue;
    found += 1;
    measured.push(result);
    console.log(JSON.stringify(result));
  }
}
summarise();

/** Null for what is shorter than an excerpt: sounds, not music. */
async function measure(group: string, path: string): Promise<Measured | null> {
  const dir = await mkdtemp(join(tmpdir(), "segue-overs-"));
  try {
    const master = excerpt(path, join(dir, "master.wav"));
    if (!master) return null;
    const given = { facts: { sizeBytes: 1 }, path: master };
    const { facts, outputPath } = await runStep(decode, { master: given }, { outputDir: dir });
    const began = ownCpuMs();
    const aac = await runStep(
      encode,
      { master: given, pcm: { facts, path: outputPath } },
      { outputDir: dir },
    );
    const encodeCpuSec = (ownCpuMs() - began) / 1000;
    const { truePeakDbtp, gainDb = 0, ceilingDbtp = 0, masterTruePeakDbtp } = aac.facts;
    if (typeof truePeakDbtp !== "number" || typeof masterTruePeakDbtp !== "number") return null;
    const copy = join(dir, "copy.m4a");
    await copyFile(aac.outputPath, copy);
    const copied = ownCpuMs();
    await lowerM4a(copy, 1);
    return {
      group,
      file: basename(path),
      masterDbtp: masterTruePeakDbtp,
      ceilingDbtp,
      codedDbtp: Number((truePeakDbtp - gainDb).toFixed(2)),
      deliveredDbtp: truePeakDbtp,
      encodeCpuSec,
      lowerCpuSec: (ownCpuMs() - copied) / 1000,
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function excerpt(from: string, to: string): string | null {
  const quiet = ["-hide_banner", "-v", "error"];
  const ask = [...quiet, "-show_entries", "format=duration", "-of", "csv=p=0", from];
  try {
    const durationSec = Number(execFileSync("ffprobe", ask));
    if (!(durationSec >= seconds)) return null;
    const start = Math.min(durationSec / 3, durationSec - seconds);
    const cut = ["-ss", `${start}`, "-t", `${seconds}`, "-i", from, "-map", "0:a:0"];
    execFileSync("ffmpeg", [...quiet, ...cut, "-ac", "2", "-ar", "44100", "-c:a", "pcm_s16le", to]);
    return to;
  } catch {
    return null;
  }
}

function summarise(): void {
  const at = (numbers: readonly number[], share: number) =>
    numbers.toSorted((a, b) => a - b)[Math.round(share * (numbers.length - 1))] ?? Number.NaN;
  const row = (of: (one: Measured) => number) =>
    [0.5, 0.75, 0.9, 0.95, 1].map((share) => at(measured.map(of), share).toFixed(2)).join("  ");
  const count = (holds: (one: Measured) => boolean) => measured.filter(holds).length;
  const total = (of: (one: Measured) => number) => measured.reduce((sum, one) => sum + of(one), 0);
  const isLowered = ({ codedDbtp, deliveredDbtp }: Measured) => codedDbtp - deliveredDbtp > stepDb / 2;
  const added = ({ codedDbtp, masterDbtp }: Measured) => codedDbtp - masterDbtp;
  const shareLowered = (some: readonly Measured[]) => some.filter(isLowered).length / some.length;
  const passes = (peak: "codedDbtp" | "deliveredDbtp", limit: (one: Measured) => number) =>
    count((one) => one[peak] > limit(one) + 0.005);
  const both = (limit: (one: Measured) => number) =>
    `${passes("codedDbtp", limit)}, ${passes("deliveredDbtp", limit)}`;
  const groups = Map.groupBy(measured, ({ group }) => group);
  const likely = (of: (some: readonly Measured[]) => number) =>
    [0.025, 0.975].map((share) => at(resampled([...groups.values()], of), share).toFixed(2)).join(" to ");
  const cost = total((one) => one.lowerCpuSec) / total((one) => one.encodeCpuSec);
  console.log(
    `${measured.length} excerpts of ${seconds} s, ${groups.size} groups; 50, 75, 90, 95, 100 %; 95 % by groups`,
  );
  console.log(`what coding adds to the true peak, dB:            ${row(added)}`);
  console.log(
    `its 90 %:                                         ${likely((some) => at(some.map(added), 0.9))}`,
  );
  console.log(
    `what is delivered, above the master's, dB:        ${row((one) => one.deliveredDbtp - one.masterDbtp)}`,
  );
  console.log(`over the ceiling, coded and delivered:            ${both((one) => one.ceilingDbtp)}`);
  console.log(`over 0 dBTP, coded and delivered:                 ${both(() => 0)}`);
  console.log(
    `lowered:                                          ${count(isLowered)}, a share of ${likely(shareLowered)}`,
  );
  console.log(`CPU of lowering all of them, of encoding them:    ${(100 * cost).toFixed(1)} %`);
}

/** A statistic of groups that are drawn anew: files of one group are alike. */
function resampled(
  groups: readonly (readonly Measured[])[],
  of: (some: readonly Measured[]) => number,
): number[] {
  const random = createRandom(1);
  return Array.from({ length: 2_000 }, () =>
    of(groups.flatMap(() => groups[random.below(groups.length)] ?? [])),
  );
}
