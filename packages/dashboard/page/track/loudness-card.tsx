import type { Loudness } from "@segue/contracts";
import type { z } from "zod";
import { Card, Figure } from "../parts/parts.tsx";

/** The scale ends there: what is quieter is at its end. */
const [leastDb, mostDb] = [-36, 3];
/** What streaming services play at, roughly: a line to read the others by. */
const referenceLufs = -14;

export function LoudnessCard({ facts }: { readonly facts: z.output<typeof Loudness.facts> }) {
  const { integratedLufs, rangeLu, truePeakDbtp, maxMomentaryLufs, maxShortTermLufs, reason } = facts;
  return (
    <Card title="Loudness">
      {integratedLufs === null ? (
        <p class="none">No loudness{reason === undefined ? "" : `: ${reason}`}</p>
      ) : (
        <>
          <p class="big">
            {integratedLufs.toFixed(1)} <small>LUFS</small>
          </p>
          <Scale integratedLufs={integratedLufs} truePeakDbtp={truePeakDbtp} />
        </>
      )}
      <dl class="figures">
        <Figure label="Range" value={say(rangeLu, "LU")} />
        <Figure label="True peak" value={say(truePeakDbtp, "dBTP")} />
        <Figure label="Loudest 0.4 s" value={say(maxMomentaryLufs, "LUFS")} />
        <Figure label="Loudest 3 s" value={say(maxShortTermLufs, "LUFS")} />
      </dl>
    </Card>
  );
}

function say(value: number | null, unit: string): string {
  return value === null ? "–" : `${value.toFixed(1)} ${unit}`;
}

function Scale(props: { readonly integratedLufs: number; readonly truePeakDbtp: number | null }) {
  const at = (db: number) =>
    `${(100 * (Math.min(mostDb, Math.max(leastDb, db)) - leastDb)) / (mostDb - leastDb)}%`;
  return (
    <div class="scale" aria-hidden="true">
      <div class="scale-fill" style={{ width: at(props.integratedLufs) }} />
      <div class="scale-mark" style={{ left: at(referenceLufs) }} title={`${referenceLufs} LUFS`} />
      <div class="scale-mark is-full" style={{ left: at(0) }} title="full scale" />
      {props.truePeakDbtp === null ? null : (
        <div class="scale-peak" style={{ left: at(props.truePeakDbtp) }} title="true peak" />
      )}
    </div>
  );
}
