import { type Kind, Master } from "@segue/contracts";
import type { FoundKind } from "./find-kind.ts";
import { sampleFacts, toCode, toKey } from "./sample-facts.ts";
import { namesOf } from "./step-names.ts";

/** What differs between steps that read samples and those that read bytes: the rest of the files is the same. */
export interface StepInput extends Example {
  /** The kind's constant, and where it is imported from. */
  readonly constant: string;
  readonly from: string;
  /** Of the step's input. */
  readonly name: string;
  /** How the step reads it, as an expression; `work` is what `setup` gave. */
  readonly chunks: string;
  /** Facts that the kind accepts, a line each. */
  readonly facts: readonly string[];
}

interface Example {
  readonly stepImports: readonly string[];
  readonly setupImports: readonly string[];
  /** The example's result: the field, its schema, and the function's body. */
  readonly fact: string;
  readonly schema: string;
  readonly chunkType: string;
  readonly meaning: string;
  readonly body: readonly string[];
  /** The function's test. */
  readonly testName: string;
  readonly testChunks: string;
  readonly testValue: string;
  /** The step's test: an input file's bytes, the value that is expected. */
  readonly testImports: readonly string[];
  readonly fileName: string;
  readonly fileBytes: string;
}

/** Of a kind whose files are WAV: 16-bit samples. */
export function isOfSamples({ payload }: Kind): boolean {
  return payload?.contentType === "audio/wav";
}

/** The example that a step on one input begins with; undefined where the one that works for all kinds will do. */
export function exampleFor({ kind, constant, from }: FoundKind): StepInput | undefined {
  const example = isOfSamples(kind) ? ofSamples : kind.name === Master.name ? ofBytes : undefined;
  if (!example) return undefined;
  const name = namesOf(kind.name).camel;
  const chunks = example.read(name);
  const facts = Object.entries(sampleFacts(kind.facts) as object).map(
    ([key, value]) => `${toKey(key)}: ${toCode(value)},`,
  );
  return { ...example, constant, from, name, chunks, facts };
}

const ofSamples: Example & { read(name: string): string } = {
  read: (name) => `work.readWavChunks(${name}.path)`,
  stepImports: [],
  setupImports: ['...(await import("@segue/dsp")),'],
  fact: "peak",
  schema: "z.number().min(0).max(1)",
  chunkType: "Int16Array",
  meaning: "The largest magnitude among 16-bit samples, from 0 to 1; 0 for no samples at all.",
  body: [
    "  let peak = 0;",
    "  for await (const chunk of chunks) {",
    "    for (const sample of chunk) peak = Math.max(peak, Math.abs(sample));",
    "  }",
    "  return { peak: peak / 32_768 };",
  ],
  testName: "the largest magnitude counts, whatever its sign and its chunk",
  testChunks: "[Int16Array.of(0, 8_192), Int16Array.of(-16_384)]",
  testValue: "0.5",
  testImports: ['import { encodeWav } from "@segue/dsp";'],
  fileName: "input.wav",
  fileBytes: "encodeWav(Int16Array.of(0, -16_384), { sampleRateHz: 16_000, channels: 1 })",
};

const ofBytes: Example & { read(name: string): string } = {
  read: (name) => `createReadStream(${name}.path)`,
  stepImports: ['import { createReadStream } from "node:fs";'],
  setupImports: [],
  fact: "sizeBytes",
  schema: "z.int().nonnegative()",
  chunkType: "Uint8Array",
  meaning: "How many bytes there are.",
  body: [
    "  let sizeBytes = 0;",
    "  for await (const chunk of chunks) sizeBytes += chunk.length;",
    "  return { sizeBytes };",
  ],
  testName: "the bytes of all chunks are counted",
  testChunks: "[Uint8Array.of(1, 2), Uint8Array.of(3)]",
  testValue: "3",
  testImports: [],
  fileName: "input.bin",
  fileBytes: '"abc"',
};
