import { defineError, defineKind, hint, Pcm, PermanentError } from "@segue/contracts";
import { defineStep } from "@segue/step";
import { z } from "zod";

const wav = { contentType: "audio/wav", extension: "wav" } as const;
const Channel = z.object({
  durationSec: z.number().nonnegative(),
  peak: z.number().min(0).max(1).describe("largest sample, of full scale"),
});

/** What both channels have in common: (left + right) / 2, as WAV. Made for those that ask for it. */
export const Mid = defineKind({
  name: "mid",
  retention: "derivative",
  payload: wav,
  facts: Channel,
  defaultTarget: false,
});

/** What tells them apart: (left - right) / 2, as WAV. */
export const Side = defineKind({
  name: "side",
  retention: "derivative",
  payload: wav,
  facts: Channel,
  defaultTarget: false,
});

/** How wide it sounds, second by second, as JSON: `{ "perSec": [0.1, ...] }`. */
export const StereoWidth = defineKind({
  name: "stereo-width",
  retention: "derivative",
  payload: { contentType: "application/json", extension: "json" },
  facts: z
    .object({
      width: z
        .number()
        .min(0)
        .max(1)
        .describe("the side's part of all energy: 0 is mono, 0.5 two channels that have nothing in common")
        .meta(hint({ display: { as: "summary", format: "fraction" } })),
    })
    .meta(hint({ display: { label: "width", order: 48 } })),
  defaultTarget: false,
});

export const notStereo = defineError({
  code: "not-stereo",
  meaning: "The recording has one channel.",
  remedy: "Send a master with two channels.",
});

/** One run, three artifacts: mid and side belong to the width that was measured on them. */
export const midSide = defineStep({
  name: "mid-side",
  version: 1,
  consumes: { pcm: Pcm },
  produces: { mid: Mid, side: Side, width: StereoWidth },
  budget: { timeMs: 10_000, memoryMiB: 256 },
  errors: [notStereo],
  setup: () => import("./split-mid-side.ts"),

  async run({ pcm }, work, { outputPaths }) {
    if (pcm.facts.channels !== 2) throw new PermanentError(notStereo, `${pcm.facts.channels} channel`);
    return await work.splitMidSide(pcm.path, outputPaths);
  },
});
