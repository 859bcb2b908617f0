/** Kinds whose steps have an example of their own; others begin with one that works for all. */
export const inputNames = ["pcm", "mono16k", "master"] as const;
export type InputName = (typeof inputNames)[number];

export function isInputName(name: string): name is InputName {
  return inputNames.some((input) => input === name);
}

/** What differs between steps on each kind: the rest of the files is the same. */
export interface StepInput {
  /** The kind's constant in the contracts. */
  readonly constant: string;
  /** How the step reads it, as an expression; `work` is what `setup` gave. */
  readonly chunks: string;
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
  /** The step's test: an input file's bytes, its facts, the value that is expected. */
  readonly testImports: readonly string[];
  readonly fileName: string;
  readonly fileBytes: string;
  readonly facts: readonly string[];
}

const ofSamples = {
  chunks: (name: string) => `work.readWavChunks(${name}.path)`,
  stepImports: [],
  setupImports: ['...(await import("@segue/audio")),'],
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
  testImports: ['import { encodeWav } from "@segue/audio";'],
  fileName: "input.wav",
};

export const stepInputs: Readonly<Record<InputName, StepInput>> = {
  mono16k: {
    ...ofSamples,
    constant: "Mono16k",
    chunks: ofSamples.chunks("mono16k"),
    fileBytes: "encodeWav(Int16Array.of(0, -16_384), { sampleRateHz: 16_000, channels: 1 })",
    facts: [
      "sampleRateHz: 16_000 as const,",
      "sampleCount: 2,",
      "durationSec: 2 / 16_000,",
      "peakDb: -6.02,",
      "rmsDb: -9.03,",
      "silent: false,",
    ],
  },
  pcm: {
    ...ofSamples,
    constant: "Pcm",
    chunks: ofSamples.chunks("pcm"),
    fileBytes: "encodeWav(Int16Array.of(0, -16_384), { sampleRateHz: 44_100, channels: 1 })",
    facts: [
      'codec: "flac",',
      'container: "flac",',
      "bitDepth: 16,",
      "bitRateKbps: null,",
      "sourceSampleRateHz: 44_100,",
      "sourceChannels: 1,",
      'channelLayout: "mono",',
      "declaredDurationSec: null,",
      "durationSec: 2 / 44_100,",
      "sampleCount: 2,",
      "sampleRateHz: 44_100,",
      "channels: 1,",
      "tags: {},",
      "hasCover: false,",
      "warnings: [],",
    ],
  },
  master: {
    constant: "Master",
    chunks: "createReadStream(master.path)",
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
    facts: ["sizeBytes: 3,"],
  },
};
