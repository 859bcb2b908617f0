import type { Json } from "@segue/contracts";
import { z } from "zod";

const Stream = z.object({
  codec: z.string(),
  sampleRateHz: z.number().nullable(),
  channels: z.number().nullable(),
  channelLayout: z.string().nullable(),
  bitDepth: z.number().nullable(),
  bitRateKbps: z.number().nullable(),
});

const Probe = z.object({
  container: z.string(),
  audioStreams: z.array(Stream).readonly(),
  declaredDurationSec: z.number().nullable(),
  durationEstimated: z.boolean(),
  bitRateKbps: z.number().nullable(),
  // Left out by attempts that began before it was asked for.
  skipBytes: z.int().default(0),
  damage: z.string().nullable().default(null),
});

const Layout = z.object({
  dataOffsetBytes: z.int(),
  dataBytes: z.int(),
  frameBytes: z.int(),
  sampleRateHz: z.int(),
  channels: z.int(),
  declaredDurationSec: z.number().nullable(),
});

/** What `SignalState` holds. */
const Signal = z.object({
  meter: z.object({
    truePeak: z.number(),
    channels: z
      .array(
        z
          .object({ filters: z.array(z.number()).readonly(), history: z.array(z.number()).readonly() })
          .readonly(),
      )
      .readonly(),
  }),
  phase: z.object({ heard: z.array(z.int()).readonly(), lost: z.array(z.int()).readonly() }).nullable(),
  peak: z.number(),
  clipped: z.int(),
  nonFinite: z.int(),
});

/** What one attempt at a long master leaves to the next. Some 12 KB. */
export const LongState = z.object({
  v: z.literal(2),
  probe: Probe,
  /** Where the samples of an uncompressed master lie; null for one that is fetched as a whole. */
  layout: Layout.nullable(),
  /** Length of each span, and how many are done. */
  spanSec: z.int(),
  spansDone: z.int(),
  /** Pieces of the span under way, and of all. */
  piecesOfSpan: z.int(),
  pieces: z.int(),
  /** Samples per channel in all pieces. */
  frames: z.int(),
  /** The last samples before the span under way, as base64. */
  tail: z.string(),
  shiftSec: z.int(),
  /** What samples are multiplied by before they are rounded. */
  gain: z.number(),
  /** 1 where the work was begun again because samples did not fit with the gain that was taken at first. */
  round: z.int(),
  /** Of all pieces; null at the beginning. */
  signal: Signal.nullable(),
  /** Of the span under way, once counted. */
  spanNonFinite: z.object({ count: z.int(), silence: z.boolean() }).nullable(),
  errorLines: z.int(),
  nonFinite: z.int(),
  unverifiedJoins: z.int(),
  phase: z.enum(["decoding", "decoded", "header-written"]),
});
export type LongState = z.infer<typeof LongState>;

export function beginLong(
  begun: Pick<LongState, "probe" | "layout" | "spanSec" | "gain" | "round">,
): LongState {
  return {
    v: 2,
    ...begun,
    spansDone: 0,
    piecesOfSpan: 0,
    pieces: 0,
    frames: 0,
    tail: "",
    shiftSec: 0,
    signal: null,
    spanNonFinite: null,
    errorLines: 0,
    nonFinite: 0,
    unverifiedJoins: 0,
    phase: "decoding",
  };
}

/** @throws {z.ZodError} for what another version of this step left. */
export function parseLongState(state: Json): LongState {
  return LongState.parse(state);
}
