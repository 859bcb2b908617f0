import { z } from "zod";
import { defineKind } from "../kind.ts";
import { hint } from "../kind-hints.ts";
import { Warning } from "../warning.ts";

const titled = hint({ display: { as: "title" } });

/** What decoding found in the master. Durations are counted from decoded samples, never believed from a header. */
export const PcmFacts = z
  .object({
    codec: z.string().describe("of the master"),
    container: z.string().describe("of the master"),
    bitDepth: z.int().positive().nullable().describe("of the master; null where its codec has none"),
    bitRateKbps: z.number().nonnegative().nullable().describe("of the master; null where it is not known"),
    sourceSampleRateHz: z.int().positive().describe("of the master, before conversion"),
    sourceChannels: z.int().positive().describe("of the master, before conversion"),
    channelLayout: z.string().nullable().describe("of the master, such as `5.1`; null where it says none"),
    declaredDurationSec: z
      .number()
      .nonnegative()
      .nullable()
      .describe("as the master's header has it, which may lie; null where it has none"),
    durationSec: z
      .number()
      .nonnegative()
      .describe("as counted from decoded samples")
      .meta(hint({ display: { as: "summary", format: "seconds" } })),
    sampleCount: z.int().positive().describe("frames (samples per channel) in the artifact"),
    sampleRateHz: z.int().positive().describe("of the artifact"),
    channels: z.int().min(1).max(2).describe("of the artifact"),
    truePeakDbtp: z
      .number()
      .nullable()
      .optional()
      .describe(
        "True peak over all channels of the master, measured on what was decoded before anything is cut off; over 0 where it passes full scale. Null for digital silence; absent in what older versions decoded",
      ),
    gainDb: z
      .number()
      .optional()
      .describe(
        "What brings the artifact's samples to their own level: they are stored this much lower where they pass full scale, or could have. Apply it in floating point. Absent: 0",
      ),
    peakDb: z
      .number()
      .nullable()
      .optional()
      .describe(
        "Largest sample of the artifact after `gainDb`, in dB relative to full scale; over 0 where the master decodes past it",
      ),
    downmixDb: z
      .number()
      .optional()
      .describe(
        "Where more than two channels were mixed to stereo as in ITU-R BS.775: how much the mix was lowered, by its measured peak, to stay within full scale; 0 where it fitted",
      ),
    channelsCancel: z
      .boolean()
      .optional()
      .describe(
        "The mean of the two channels loses some of the sound (warning `channels-out-of-phase`): what needs one channel must not take their mean",
      ),
    tags: z
      .record(z.string(), z.string())
      .describe("by field; several values of a field are joined by commas")
      // One field of many has a hint: to zod they are all the same.
      .meta({ properties: { title: { type: "string", description: "of the track", ...titled } } }),
    tagValues: z
      .record(z.string(), z.array(z.string()))
      .optional()
      .describe(
        "the fields that have several values (artists, ISRCs, ...), with each of them: the first hundred, of 10,000 characters together at most",
      ),
    hasCover: z.boolean().describe("whether the master has a picture"),
    warnings: z
      .array(Warning)
      .describe("what a client should know although the file was processed")
      .meta(hint({ display: { as: "warnings" } })),
  })
  .meta(hint({ display: { label: "duration", order: 10 } }));

/** Canonical PCM: WAV, 44.1 kHz, 16 bit, one or two channels. */
export const Pcm = defineKind({
  name: "pcm",
  retention: "intermediate",
  payload: { contentType: "audio/wav", extension: "wav" },
  facts: PcmFacts,
});
