import { execFileSync } from "node:child_process";
import { rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findFfmpeg } from "@segue/audio";
import { composeTrack, encodeWav, pitchClasses, renderScore } from "@segue/synth";

export const masterFormats = ["wav", "flac", "mp3"] as const;

/** What clients submit: as recorded, lossless, or lossy. */
export type MasterFormat = (typeof masterFormats)[number];

export interface BenchMaster {
  readonly path: string;
  readonly fileName: string;
  readonly sizeBytes: number;
}

const styles = ["pop", "dance", "ballad", "hiphop"] as const;
const encoders: Record<Exclude<MasterFormat, "wav">, readonly string[]> = {
  flac: ["-c:a", "flac"],
  mp3: ["-c:a", "libmp3lame", "-b:a", "320k"],
};

/** Composes and renders a track, another for every seed, so that no earlier result can be used again. */
export async function makeMaster(request: {
  readonly seed: number;
  readonly durationSec: number;
  readonly format: MasterFormat;
  readonly dir: string;
}): Promise<BenchMaster> {
  const { seed, durationSec, format, dir } = request;
  const score = composeTrack({
    seed,
    durationSec,
    bpm: 80 + ((seed * 13) % 90),
    key: pitchClasses[seed % pitchClasses.length] ?? "C",
    mode: seed % 2 === 0 ? "major" : "minor",
    style: styles[seed % styles.length] ?? "pop",
  });
  const { left, right, sampleRateHz } = renderScore(score);
  const fileName = `${seed}.${format}`;
  const path = join(dir, fileName);
  const wav = encodeWav({ channels: [left, right], sampleRateHz, bitDepth: 16 });
  if (format === "wav") {
    writeFileSync(path, wav);
  } else {
    const wavPath = join(dir, `${seed}-source.wav`);
    writeFileSync(wavPath, wav);
    const ffmpeg = await findFfmpeg();
    execFileSync(ffmpeg.path, ["-nostdin", "-v", "error", "-i", wavPath, ...encoders[format], path]);
    rmSync(wavPath);
  }
  return { path, fileName, sizeBytes: statSync(path).size };
}
