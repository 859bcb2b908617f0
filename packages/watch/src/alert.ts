import type { Vector } from "./promql.ts";

/** Something that people have to look at, as data: rules, the runbook and the chart derive from it. */
export interface Alert {
  readonly name: string;
  /** `page`: clients notice, or will within the hour. `ticket`: within the day is soon enough. `none`: it tells nobody of trouble. */
  readonly severity: "page" | "ticket" | "none";
  /** One series for each thing that is wrong, none while all is well. */
  readonly expr: Vector;
  /** For how long it has to be so, as in `10m`. Longer than the window that is looked at, where one event is not worth a word. */
  readonly for: string;
  /** One line, with what the series tells: `{{ $labels.step }}`, `{{ $value }}`. */
  readonly summary: string;
  /** What is the matter, and what follows from it. */
  readonly means: string;
  /** What to do, in this order. */
  readonly first: readonly string[];
  /** Pages that say more: words, and the page in `docs/`. */
  readonly look: readonly (readonly [words: string, page: string])[];
}

export interface AlertGroup {
  readonly name: string;
  /** What all of them are about: a heading. */
  readonly title: string;
  readonly alerts: readonly Alert[];
}
