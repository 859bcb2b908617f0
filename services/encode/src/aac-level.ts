import { gainFilter } from "@segue/audio";
import type { PcmFacts } from "@segue/contracts";
import type { z } from "zod";

type Levels = Pick<z.infer<typeof PcmFacts>, "gainDb" | "peakDb" | "downmixDb">;

/** Where ffmpeg's encoder begins to turn down each frame by itself: 0.95 of full scale. */
const ceilingDb = 20 * Math.log10(0.95);

/**
 * How much louder or quieter the AAC is than the master (or than the sum of its channels, where they are mixed to stereo): 0, unless that
 * passes full scale. Then it is lowered as a whole until its largest sample is just under it: at its own level most players would cut it
 * off, and before that the encoder would turn it down frame by frame.
 */
export function aacGainDb(levels: Levels): number {
  return Math.round(1e6 * ((levels.downmixDb ?? 0) - loweredByDb(levels))) / 1e6 + 0;
}

/** The filter that brings canonical PCM to the level at which it is encoded; none where it is there already. */
export function levelArgs(levels: Levels): string[] {
  const filter = gainFilter((levels.gainDb ?? 0) - loweredByDb(levels));
  return filter === null ? [] : ["-af", filter];
}

function loweredByDb({ peakDb, downmixDb = 0 }: Levels): number {
  const passesFullScale = (peakDb ?? 0) > 0 || downmixDb < 0;
  return passesFullScale ? Math.max(0, (peakDb ?? 0) - ceilingDb) : 0;
}
