import { z } from "zod";
import { defineKind } from "../kind.ts";
import { hint } from "../kind-hints.ts";

const Zoom = z.object({
  samplesPerPixel: z.int().positive().describe("frames that a pixel stands for"),
  length: z.int().positive().describe("pixels"),
});

/** Peaks for drawing, as JSON: a `WaveformDocument`. */
export const Waveform = defineKind({
  name: "waveform",
  retention: "derivative",
  payload: { contentType: "application/json", extension: "json" },
  renderings: { svg: { by: "peaks-outline", replaces: "waveform-svg" } },
  facts: z
    .object({
      sampleRateHz: z.int().positive().describe("of the audio that was drawn"),
      channels: z.int().min(1).max(2).describe("that were drawn"),
      bits: z.literal(8).describe("of each value"),
      zooms: z.array(Zoom).min(1).describe("the finest first"),
    })
    .meta(hint({ display: { as: "none" } })),
});

/** Peaks at one zoom in version 2 of the JSON format that the BBC's audiowaveform defines. */
export const WaveformZoom = z.object({
  version: z.literal(2),
  /** Of `data`: as many as the track has. */
  channels: z.int().min(1).max(2),
  sample_rate: z.int().positive(),
  /** Frames that a pixel stands for; fewer in the last one. */
  samples_per_pixel: z.int().positive(),
  bits: z.literal(8),
  /** Pixels. */
  length: z.int().nonnegative(),
  /** For each pixel, for each channel: the least and the greatest sample, -128 to 127. */
  data: z.array(z.int().min(-128).max(127)),
});
export type WaveformZoom = z.infer<typeof WaveformZoom>;

/**
 * A `waveform` payload: the finest zoom is the document itself, so that whatever reads the format reads this file; coarser
 * ones, each a document of its own, follow in `zooms`.
 */
export const WaveformDocument = WaveformZoom.extend({ zooms: z.array(WaveformZoom) });
export type WaveformDocument = z.infer<typeof WaveformDocument>;
