import { z } from "zod";

/** What must come out of one file. Every figure that is named is held to; what only a later version promises is told, not judged. */
export const Expected = z.looseObject({
  title: z.string().optional(),
  artist: z.string().optional(),
  comment: z.string().optional(),
  bpmTag: z.number().optional(),
  isrc: z.array(z.string()).optional(),
  aacTitle: z.string().optional(),
  warning: z.string().optional(),
  warnings: z.array(z.string()).optional(),
  state: z.string().optional(),
  /** Another file of the folder, whose facts must be the same. */
  sameAs: z.string().optional(),
  tempoBpm: z.number().optional(),
  key: z.string().optional(),
  integratedLufsSameAs: z.string().optional(),
  toleranceLu: z.number().default(0.1),
  aacLufsSameAs: z.string().optional(),
  aacToleranceLu: z.number().default(0.5),
  truePeakAtLeastDbtp: z.number().optional(),
  beatsInSilence: z.int().optional(),
});
export type Expected = z.infer<typeof Expected>;

export const ExpectedFile = z.record(z.string(), Expected);
