import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runFfmpeg } from "@segue/audio";
import {
  type BitDepth,
  composeTrack,
  createRandom,
  encodeWav,
  pitchClasses,
  type Random,
  renderScore,
} from "@segue/synth";

/** One file to submit. */
export interface ChaosTrack {
  readonly path: string;
  readonly fileName: string;
  /** SHA-256 of its bytes: the master that becomes of it. */
  readonly sha256: string;
  readonly durationSec: number;
}

/** Stereo samples, and their rate. */
interface Loop {
  readonly left: Float32Array;
  readonly right: Float32Array;
  readonly sampleRateHz: number;
}

const loopSec = 20;
const loopCount = 5;
/** One track in so many is long enough to be worked on in pieces, by several workers in turn. */
const longEvery = 60;
const firstLong = 20;

/** What a file is made into, from a WAV. */
const lossy = [
  { extension: "mp3", args: ["-codec:a", "libmp3lame", "-b:a", "128k"] },
  { extension: "mp3", args: ["-codec:a", "libmp3lame", "-q:a", "6", "-ac", "1"] },
  { extension: "flac", args: ["-codec:a", "flac"] },
  { extension: "m4a", args: ["-codec:a", "aac", "-b:a", "96k"] },
  { extension: "ogg", args: ["-codec:a", "libvorbis", "-q:a", "3"] },
] as const;

/**
 * Tracks from a seed: mostly 8 to 20 s of music, some of 1 to 4 minutes, one in 60 of a quarter of an hour, WAV of several rates and depths, MP3, FLAC,
 * M4A and Ogg, some cut off in the middle, a few that are no audio at all. No two are the same bytes.
 */
export async function makeCorpus(dir: string, seed: number, count: number): Promise<ChaosTrack[]> {
  await mkdir(dir, { recursive: true });
  const random = createRandom(seed).fork("corpus");
  // Few tracks need few.
  const length = Math.min(loopCount, Math.ceil(count / 2));
  const loops = Array.from({ length }, (_, index) => renderLoop(random.fork(`loop ${index}`)));
  const tracks: ChaosTrack[] = [];
  for (let index = 0; index < count; index++)
    tracks.push(await makeTrack(dir, index, random.fork(`track ${index}`), loops));
  return tracks;
}

function renderLoop(random: Random): Loop {
  const score = composeTrack({
    seed: random.below(2 ** 31),
    bpm: 70 + random.below(90),
    key: pitchClasses[random.below(pitchClasses.length)] ?? "C",
    mode: random.pick(["major", "minor"]),
    durationSec: loopSec,
  });
  return renderScore(score);
}

async function makeTrack(
  dir: string,
  index: number,
  random: Random,
  loops: readonly Loop[],
): Promise<ChaosTrack> {
  const long = index % longEvery === firstLong;
  const durationSec = long ? random.between(800, 1_000) : pickDurationSec(random);
  const loop = loops[random.below(loops.length)];
  if (!loop) throw new RangeError("expected at least one loop");
  const stem = join(dir, String(index).padStart(4, "0"));
  const kind = random.next();
  const file =
    kind < 0.04 && !long
      ? await keep(
          `${stem}.txt`,
          Buffer.from(`No samples at all, number ${index} of seed ${random.next()}.\n`),
        )
      : kind < 0.5
        ? await keep(`${stem}.wav`, wavOf(loop, durationSec, random))
        : await transcode(stem, wavOf(loop, durationSec, random), random);
  const bytes = await readFile(file);
  return {
    path: file,
    fileName: file.slice(dir.length + 1),
    sha256: createHash("sha256").update(bytes).digest("hex"),
    durationSec,
  };
}

function pickDurationSec(random: Random): number {
  const kind = random.next();
  if (kind < 0.7) return random.between(8, 20);
  return kind < 0.93 ? random.between(40, 100) : random.between(180, 240);
}

/** The loop from a random place on, at a random level: other bytes, and other results, each time. */
function wavOf(loop: Loop, durationSec: number, random: Random): Buffer {
  const length = Math.round(durationSec * loop.sampleRateHz);
  const from = random.below(loop.left.length);
  const gain = random.between(0.3, 1);
  const repeat = (samples: Float32Array) => {
    const out = new Float32Array(length);
    for (let i = 0; i < length; i++) out[i] = gain * (samples[(from + i) % samples.length] ?? 0);
    return out;
  };
  const long = durationSec > 300;
  const stereo = random.chance(0.7) && !long;
  const channels = stereo ? [repeat(loop.left), repeat(loop.right)] : [repeat(loop.left)];
  // Naming another rate only changes pitch and length, and makes the decoder resample.
  const sampleRateHz = random.pick([44_100, 44_100, 44_100, 48_000, 32_000]);
  const bitDepth: BitDepth = long ? 16 : random.pick([16, 16, 24, 32, "float"]);
  const wav = encodeWav({ channels, sampleRateHz, bitDepth });
  return random.chance(0.05) ? wav.subarray(0, Math.round(wav.length * random.between(0.5, 0.95))) : wav;
}

async function keep(path: string, bytes: Uint8Array): Promise<string> {
  await writeFile(path, bytes);
  return path;
}

async function transcode(stem: string, wav: Buffer, random: Random): Promise<string> {
  const { extension, args } = random.pick(lossy);
  const source = await keep(`${stem}.source.wav`, wav);
  const path = `${stem}.${extension}`;
  await runFfmpeg(["-i", source, "-map_metadata", "-1", ...args, "-y", path]);
  await rm(source);
  return path;
}
