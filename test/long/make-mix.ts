import { execFile } from "node:child_process";
import { open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { findFfmpeg } from "@segue/audio";
import { encodeWavHeader, wavHeaderBytes } from "@segue/dsp";
import { composeTrack, encodeWav, type Mode, type PitchClass, renderScore } from "@segue/synth";

export const mixFormats = ["mp3", "wav"] as const;
export type MixFormat = (typeof mixFormats)[number];

/** A stretch of a mix with one tempo and one key. */
export interface Movement {
  readonly startSec: number;
  readonly endSec: number;
  readonly bpm: number;
  readonly key: PitchClass;
  readonly mode: Mode;
}

export interface Mix {
  readonly path: string;
  readonly sizeBytes: number;
  readonly durationSec: number;
  readonly movements: readonly Movement[];
}

const sampleRateHz = 44_100;
const loopSec = 240;
/** The first has more than half of the time: its tempo and key are the mix's. */
const plan = [
  { share: 0.55, seed: 11, bpm: 122, key: "A", mode: "minor" },
  { share: 0.25, seed: 12, bpm: 96, key: "C", mode: "major" },
  { share: 0.2, seed: 13, bpm: 140, key: "F#", mode: "minor" },
] as const;

/** Makes a stereo mix of about that length: a few minutes are composed for each movement, and repeated. */
export async function makeMix(dir: string, format: MixFormat, aboutSec: number): Promise<Mix> {
  const loops: (Omit<Movement, "startSec" | "endSec"> & { audio: Buffer; seconds: number; times: number })[] =
    [];
  for (const { share, seed, bpm, key, mode } of plan) {
    const score = composeTrack({ seed, bpm, key, mode, durationSec: loopSec, style: "dance" });
    const { left, right } = renderScore(score);
    const wav = encodeWav({ channels: [left, right], sampleRateHz, bitDepth: 16 });
    const loop =
      format === "wav"
        ? { audio: wav.subarray(wavHeaderBytes), seconds: left.length / sampleRateHz }
        : await encodeFrames(dir, wav);
    const times = Math.max(1, Math.round((aboutSec * share) / loop.seconds));
    loops.push({ bpm, key, mode, times, ...loop });
  }
  const path = join(dir, `mix.${format}`);
  const file = await open(path, "w");
  const movements: Movement[] = [];
  let atSec = 0;
  let sizeBytes = 0;
  try {
    const write = async (bytes: Uint8Array) => {
      await file.writeFile(bytes);
      sizeBytes += bytes.length;
    };
    if (format === "wav") {
      const dataBytes = loops.reduce((sum, { audio, times }) => sum + audio.length * times, 0);
      await write(encodeWavHeader(dataBytes, { sampleRateHz, channels: 2 }));
    }
    for (const { audio, seconds, times, bpm, key, mode } of loops) {
      for (let time = 0; time < times; time++) await write(audio);
      movements.push({ startSec: atSec, endSec: atSec + seconds * times, bpm, key, mode });
      atSec += seconds * times;
    }
  } finally {
    await file.close();
  }
  return { path, sizeBytes, durationSec: atSec, movements };
}

/** Bare MP3 frames, without a header that tells the length of one loop only: such files can be joined end to end. */
async function encodeFrames(dir: string, wav: Buffer): Promise<{ audio: Buffer; seconds: number }> {
  const kbps = 256;
  const [source, target] = [join(dir, "loop.wav"), join(dir, "loop.mp3")];
  await writeFile(source, wav);
  const { path } = await findFfmpeg();
  const bare = ["-c:a", "libmp3lame", "-b:a", `${kbps}k`, "-write_xing", "0", "-id3v2_version", "0"];
  await promisify(execFile)(path, ["-nostdin", "-v", "error", "-i", source, ...bare, target]);
  const audio = await readFile(target);
  await rm(source);
  await rm(target);
  return { audio, seconds: (audio.length * 8) / (kbps * 1000) };
}
