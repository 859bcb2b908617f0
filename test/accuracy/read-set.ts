import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileUrl, inputArgs, resampleFilter, runFfmpeg } from "@segue/audio";
import { pitchClasses } from "@segue/synth";
import { parse } from "csv-parse/sync";
import { z } from "zod";
import type { Clip } from "./clip.ts";

const orNull = <T extends z.ZodType>(type: T) =>
  z.preprocess((cell) => (cell === "" ? null : cell), type.nullable());
const Row = z.object({
  file: z.string().regex(/^[\w.-]+\.\w+$/),
  source: z.string().default(""),
  groove: z.string().default(""),
  package: z.string().default(""),
  bpm: z.coerce.number().positive(),
  key: orNull(z.enum(pitchClasses)),
  mode: orNull(z.enum(["major", "minor"])),
});

/** Labelled music: a folder with `truth.csv`. */
export interface LabelledSet {
  readonly folder: string;
  readonly clips: readonly Clip[];
  /** The SHA-256 of what `truth.csv` says: names the set, wherever it lies. */
  readonly digest: string;
}

/**
 * Reads `FOLDER/truth.csv`, with a header: columns `file,source,groove,bpm,key,mode`, of which key and mode may be empty, `package` where
 * there is one, and whatever else. Clips of one package are a group, or of one source and groove.
 *
 * @throws {Error} with the line and what is wrong with it; where the file can't be read, as it was.
 */
export async function readSet(folder: string): Promise<LabelledSet> {
  const text = await readFile(join(folder, "truth.csv"));
  const rows: unknown[] = parse(text, { columns: true, trim: true, bom: true });
  const clips = rows.map((json, index) => {
    const row = Row.safeParse(json);
    if (!row.success) throw new Error(`truth.csv, line ${index + 2}: ${z.prettifyError(row.error)}`);
    const { file, bpm, key, mode } = row.data;
    return {
      name: file,
      group: row.data.package || [row.data.source, row.data.groove].filter(Boolean).join(" ") || "all",
      truth: { bpm, key, mode },
      load: (sampleRateHz: number) => decode(join(folder, file), sampleRateHz),
    };
  });
  return { folder, clips, digest: createHash("sha256").update(text).digest("hex") };
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
