import type { CorrectedTrack, StandingCorrection } from "@segue/contracts";
import { printable, sayFactValue, shorten } from "@segue/wording";
import { formatColumns } from "../format-columns.ts";

/** A line for each fact that was corrected, and what the machine says now. */
export function renderCorrections(tracks: readonly CorrectedTrack[]): string {
  if (tracks.length === 0) return "there are no such corrections";
  const rows = tracks.flatMap(({ id, title, fileName, corrections }) =>
    Object.values(corrections).flatMap((correction) =>
      Object.entries(correction.facts).map(([key, value]) => [
        id,
        shorten(printable(title ?? fileName ?? ""), 40),
        `${correction.kind}.${key}`,
        sayFactValue(value),
        sayMachine(correction, `${correction.kind}.${key}`),
        printable(correction.author ?? correction.by),
        correction.at,
      ]),
    ),
  );
  return formatColumns([["ID", "NAME", "FACT", "PERSON", "MACHINE", "WHO", "SINCE"], ...rows]);
}

function sayMachine({ disagreements, version }: StandingCorrection, name: string): string {
  const other = disagreements.find(({ fact }) => fact === name);
  // Of several ways to write a key one tells for all.
  if (!other && disagreements.length > 0) return "-";
  if (!other) return version === null ? "none" : "agrees";
  const octave = other.relation === "other" || other.relation === "none" ? "" : ` (${other.relation})`;
  return `${sayFactValue(other.machine)}${octave}`;
}
