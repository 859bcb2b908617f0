import type { Vector } from "../promql.ts";

/** Units as Grafana calls them. */
export type Unit = "short" | "s" | "bytes" | "percentunit" | "ops" | "reqps" | "Bps";

export interface Query {
  readonly expr: Vector;
  /** What a series is called: labels as `{{step}}`. */
  readonly legend: string;
  /** Until when there is no such series, where it may be long: in words. */
  readonly absentUntil?: string;
}

export interface Panel {
  readonly title: string;
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** What it shows, where the title does not say it. */
  readonly help?: string;
  /** A line that should not be passed. */
  readonly limit?: number;
  readonly isStacked?: boolean;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** As wide as Grafana finds it right for how often metrics are collected. */
export const window = "$__rate_interval";
