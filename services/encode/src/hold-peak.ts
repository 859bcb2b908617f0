import type { Aac, FactsOf, PcmFacts } from "@segue/contracts";
import type { z } from "zod";
import { aacGainDb } from "./aac-level.ts";
import { stepDb } from "./bitstream/lower-frames.ts";

type Source = Pick<z.infer<typeof PcmFacts>, "truePeakDbtp" | "gainDb" | "peakDb" | "downmixDb">;

/** What the AAC's true peak is held to, and what brings it there. */
export interface HeldPeak {
  /** Steps of 1.505 dB by which all of its frames are lowered. */
  readonly steps: number;
  readonly facts: Pick<FactsOf<typeof Aac>, "gainDb" | "truePeakDbtp" | "masterTruePeakDbtp" | "ceilingDbtp">;
}

/** What streaming services ask for: nobody's decoder or converter passes full scale. */
const askedForDbtp = -1;
/** By which a meter may read too much (EBU Tech 3341): a track that codes as it was mastered is left alone. */
const toleranceDb = 0.2;
const fullScaleDbtp = 0;

/**
 * What an AAC's true peak is held to: -1 dBTP, or the master's own where that is above, with 0.2 dB of tolerance; full scale in any case.
 * Of a mix of more channels the true peak is not known, but for its largest sample, which that is at least.
 */
export function ceilingFor({ truePeakDbtp, peakDb, downmixDb }: Source): number {
  const own = (downmixDb === undefined ? truePeakDbtp : null) ?? peakDb ?? askedForDbtp;
  return rounded(Math.min(fullScaleDbtp, Math.max(askedForDbtp, own) + toleranceDb), 100);
}

/**
 * Decides by how much an AAC that has been encoded is lowered: by as few steps as bring its true peak to its ceiling.
 *
 * @param codedPeak its true peak as it is; 1 is full scale.
 */
export function holdPeak(source: Source, codedPeak: number): HeldPeak {
  const ceilingDbtp = ceilingFor(source);
  const codedDbtp = 20 * Math.log10(codedPeak);
  const steps = Math.max(0, Math.ceil((codedDbtp - ceilingDbtp) / stepDb));
  const { truePeakDbtp: masterTruePeakDbtp } = source;
  return {
    steps,
    facts: {
      gainDb: rounded(aacGainDb(source) - steps * stepDb, 1e6),
      truePeakDbtp: codedPeak === 0 ? null : rounded(codedDbtp - steps * stepDb, 100),
      ...(masterTruePeakDbtp === undefined ? {} : { masterTruePeakDbtp }),
      ceilingDbtp,
    },
  };
}

function rounded(db: number, parts: number): number {
  return Math.round(parts * db) / parts + 0;
}
