import type { Figures } from "./play.ts";

/** What was measured of a part of a bench, beside what was simulated of it. */
export interface Part {
  readonly name: string;
  readonly measured: Figures;
  readonly simulated: Figures;
  /** Of the machine's cores, what processes that are not the bench's took meanwhile, 0 to 1. */
  readonly othersShare: number;
}

/** What the simulation was told: what came of it is held to nothing where the machine was at something else. */
export type Calibrated = Pick<Part, "name" | "othersShare">;

export interface Verdict {
  /** Comparisons that were made. */
  readonly judged: number;
  /** Of these, what is further off than it may be. */
  readonly missed: readonly string[];
  /** What was not compared, and why. */
  readonly leftOut: readonly string[];
}

/** How far a simulated figure may be from a measured one, as a share of it. */
export const within = 0.2;
/** Of the machine's cores; the simulation knows nothing of what else is on it. */
export const mostForOthers = 0.1;
/** The 95 % of some twenty tracks is one of them: it is told, and held to nothing. */
const figures = {
  perMinute: "tracks a minute",
  meanSec: "mean latency",
  medianSec: "median latency",
} satisfies Partial<Record<keyof Figures, string>>;

/** Whether the simulation comes to what was measured, part by part; in one run, since a machine is another one an hour later. */
export function judge(calibrated: readonly Calibrated[], parts: readonly Part[]): Verdict {
  const busy = ({ othersShare }: Calibrated) => othersShare > mostForOthers;
  const percent = ({ othersShare }: Calibrated) =>
    `others had ${Math.round(100 * othersShare)} % of the machine`;
  const untold = calibrated.filter(busy).map((each) => `all: ${percent(each)} during "${each.name}"`);
  if (untold.length > 0) return { judged: 0, missed: [], leftOut: untold };
  const calm = parts.filter((part) => !busy(part));
  const compared = calm.flatMap(({ name, measured, simulated }) =>
    Object.entries(figures).map(([figure, words]) => {
      const ratio = simulated[figure as keyof typeof figures] / measured[figure as keyof typeof figures];
      return { ratio, says: `${name}, ${words}: simulated is ${ratio.toFixed(2)} of what was measured` };
    }),
  );
  return {
    judged: compared.length,
    // What is no number is no match either.
    missed: compared.filter(({ ratio }) => !(Math.abs(ratio - 1) <= within)).map(({ says }) => says),
    leftOut: parts.filter(busy).map((part) => `${part.name}: ${percent(part)}`),
  };
}
