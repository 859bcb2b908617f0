import { z } from "zod";
import { defineKind } from "../kind.ts";
import { Warning } from "../warning.ts";

/** What decoding found in the master. Durations are counted from decoded samples, never believed from a header. */
export const PcmFacts = z.object({
  codec: z.string(),
  container: z.string(),
  bitDepth: z.int().positive().nullable(),
  bitRateKbps: z.number().nonnegative().nullable(),
  /** Of the source stream, before conversion. */
  sourceSampleRateHz: z.int().positive(),
  sourceChannels: z.int().positive(),
  channelLayout: z.string().nullable(),
  declaredDurationSec: z.number().nonnegative().nullable(),
  durationSec: z.number().nonnegative(),
  /** Frames (samples per channel) in the artifact. */
  sampleCount: z.int().positive(),
  sampleRateHz: z.int().positive(),
  channels: z.int().min(1).max(2),
  /** By field; several values of a field are joined by commas. */
  tags: z.record(z.string(), z.string()),
  /** The fields that have several values (artists, ISRCs, ...), with each of them. */
  tagValues: z.record(z.string(), z.array(z.string())).optional(),
  hasCover: z.boolean(),
  warnings: z.array(Warning),
});

/** Canonical PCM: WAV, 44.1 kHz, 16 bit, one or two channels. */
export const Pcm = defineKind({
  name: "pcm",
  retention: "intermediate",
  payload: { contentType: "audio/wav", extension: "wav" },
  facts: PcmFacts,
});
