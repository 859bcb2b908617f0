import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fileUrl, inputArgs, resampleFilter, runFfmpeg } from "@segue/audio";
import { pitchClasses } from "@segue/synth";
import { z } from "zod";
import type { Clip } from "./clip.ts";

const checkout = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** Annotated music lies next to the checkout, where there is some: it may not be given on. */
export const clipFolder = join(checkout, "..", "shared", "eval", "tempo-key");
export const hasAnnotatedClips = existsSync(join(clipFolder, "truth.csv"));

const Row = z.object({
  file: z.string().regex(/^[\w-]+\.\w+$/),
  bpm: z.coerce.number().positive(),
  key: z.enum(pitchClasses),
  mode: z.enum(["major", "minor"]),
});

/** @throws {Error} with the line and what is wrong with it, if `truth.csv` is not as expected. */
export async function annotatedClips(): Promise<Clip[]> {
  const [header = "", ...lines] = (await readFile(join(clipFolder, "truth.csv"), "utf8"))
    .trim()
    .split(/\r?\n/);
  const names = header.split(",");
  return lines.map((line, index) => {
    const cells = line.split(",");
    const row = Row.safeParse(Object.fromEntries(names.map((name, i) => [name, cells[i]])));
    if (!row.success) throw new Error(`truth.csv, line ${index + 2}: ${z.prettifyError(row.error)}`);
    const { file, ...truth } = row.data;
    return { name: file, truth, load: (sampleRateHz) => decode(join(clipFolder, file), sampleRateHz) };
  });
}

async function decode(path: string, sampleRateHz: number): Promise<Float32Array> {
  const chunks: Buffer[] = [];
  // The resampler that the chain uses: what is measured is what tracks get.
  const filters = `aformat=channel_layouts=mono,${resampleFilter(sampleRateHz)}`;
  const sink = ["-map", "0:a:0", "-af", filters, "-f", "s16le", "pipe:1"];
  await runFfmpeg([...inputArgs, "-i", fileUrl(path), ...sink], {
    onStdout: (chunk) => chunks.push(chunk),
  });
  const bytes = Buffer.concat(chunks);
  return Float32Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readInt16LE(2 * i) / 32_768);
}
