import { rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Cover,
  FfmpegError,
  fileUrl,
  findTagRepairs,
  inputArgs,
  readTags,
  runFfmpeg,
  writeRepaired,
} from "@segue/audio";
import type { Aac, FactsOf, PcmFacts, Warning } from "@segue/contracts";
import { readWavInfo } from "@segue/dsp";
import type { z } from "zod";
import { aacArgs, bitRateKbps } from "./aac-args.ts";
import { levelArgs } from "./aac-level.ts";
import { acceptCover, type UsableCover } from "./accept-cover.ts";
import { holdPeak } from "./hold-peak.ts";
import { lowerM4a } from "./lower-m4a.ts";
import { measureTruePeak } from "./measure-aac.ts";
import { metadataArgs } from "./metadata-args.ts";
import { setExactDuration } from "./set-exact-duration.ts";

type Levels = Pick<z.infer<typeof PcmFacts>, "gainDb" | "peakDb" | "downmixDb" | "truePeakDbtp">;

export interface EncodeOptions {
  /** Canonical PCM: a 16-bit WAV of one or two channels. */
  readonly pcmPath: string;
  /** Arguments that bring it to its level: see `levelArgs`. */
  readonly levelArgs?: readonly string[];
  /** Clean text by our names of tags. */
  readonly tags: Readonly<Record<string, string>>;
  /** Where the cover comes from; null for none. */
  readonly masterPath: string | null;
  readonly outPath: string;
  /** A directory of this attempt's own. */
  readonly scratchDir: string;
  readonly signal?: AbortSignal;
  /** Called with the id of each child process, which leads its own process group. */
  readonly onSpawn?: (pid: number) => void;
}

/**
 * Encodes canonical PCM to AAC-LC at 128 kbit/s in an m4a that streams from its first byte, with an edit list, exact
 * to the sample, that trims the encoder's delay and padding, and with the master's tags and cover. All in one go. What decodes past its
 * ceiling is lowered: see `holdPeak`.
 *
 * @param levels what decoding found of the PCM's and the master's.
 * @throws {StepError} transient ones only.
 */
export async function encodeAac(
  options: Omit<EncodeOptions, "levelArgs">,
  levels: Levels,
): Promise<FactsOf<typeof Aac>> {
  const pcm = await readWavInfo(options.pcmPath);
  const carried = await writeM4a({ ...options, levelArgs: levelArgs(levels) });
  await setExactDuration(options.outPath, pcm.sampleRateHz, pcm.sampleCount);
  const { size } = await stat(options.outPath);
  const held = holdPeak(levels, await measureTruePeak(options.outPath, pcm.channels, options));
  if (held.steps > 0) await lowerM4a(options.outPath, held.steps);
  return {
    codec: "aac",
    bitRateKbps,
    sampleRateHz: pcm.sampleRateHz,
    channels: pcm.channels,
    durationSec: pcm.durationSec,
    sizeBytes: size,
    ...held.facts,
    ...carried,
  };
}

/** As `encodeAac`, with the edit list as ffmpeg writes it. */
export async function writeM4a(options: EncodeOptions): Promise<{ hasCover: boolean; warnings: Warning[] }> {
  const accepted = acceptCover(await readCover(options));
  const warnings: Warning[] = accepted.warning ? [accepted.warning] : [];
  const metadata = metadataArgs(options.tags);
  let hasCover = false;
  if (accepted.cover) {
    hasCover = await encodeWithCover(options, metadata, accepted.cover);
    if (!hasCover) warnings.push({ code: "cover-dropped", message: "the cover is damaged" });
  }
  if (!hasCover) await encode(options, metadata, []);
  return { hasCover, warnings };
}

async function readCover({ masterPath, scratchDir }: EncodeOptions): Promise<Cover | null> {
  if (masterPath === null) return null;
  const patches = await findTagRepairs(masterPath);
  if (patches.length === 0) return (await readTags(masterPath)).cover;
  const repaired = join(scratchDir, "repaired");
  await writeRepaired(masterPath, patches, repaired);
  return (await readTags(repaired)).cover;
}

/** @returns false if ffmpeg does not take the picture, which it finds out before it encodes anything. */
async function encodeWithCover(
  options: EncodeOptions,
  metadata: readonly string[],
  cover: UsableCover,
): Promise<boolean> {
  const coverPath = join(options.scratchDir, "cover");
  await writeFile(coverPath, cover.data);
  const demuxer = `${cover.format}_pipe`;
  const source = ["-protocol_whitelist", "file,pipe", "-format_whitelist", demuxer, "-f", demuxer];
  try {
    // biome-ignore format: one option a line.
    await encode(options, metadata, [
      [...source, "-i", fileUrl(coverPath)],
      ["-map", "1:v:0", "-c:v", "copy", "-disposition:v:0", "attached_pic"],
    ]);
    return true;
  } catch (error) {
    if (error instanceof FfmpegError && error.reason === "exit" && error.exitSignal === null) return false;
    throw error;
  } finally {
    await rm(coverPath, { force: true });
  }
}

async function encode(
  options: EncodeOptions,
  metadata: readonly string[],
  [coverInput = [], coverOutput = []]: readonly (readonly string[])[],
): Promise<void> {
  // biome-ignore format: one group of options a line.
  const args = [
    ...inputArgs, "-i", fileUrl(options.pcmPath), ...coverInput,
    "-map", "0:a:0", ...coverOutput, "-map_metadata", "-1", "-map_chapters", "-1", ...metadata,
    ...(options.levelArgs ?? []), ...aacArgs, "-movflags", "+faststart", "-f", "ipod", "-y", fileUrl(options.outPath),
  ];
  await runFfmpeg(args, options);
}
