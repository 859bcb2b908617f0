import type { Meter } from "@opentelemetry/api";

/** What a process measures, as data: instruments and docs/operations.md derive from it. */
export interface Metric<Label extends string = string> {
  /** As Prometheus has it: counters end in `_total`, and what has a unit names it (`_seconds`, `_bytes`). */
  readonly name: string;
  readonly type: "counter" | "histogram" | "gauge";
  readonly help: string;
  /** What each label tells. */
  readonly labels: Readonly<Record<Label, string>>;
  /** Upper bounds of a histogram's buckets, in the unit of its name. */
  readonly bounds?: readonly number[];
}

export type LabelsOf<M> = M extends Metric<infer Label> ? Readonly<Record<Label, string>> : never;

/** Keeps the labels' names in the type, so that an event can't leave one out or invent one. */
export function defineMetric<const Label extends string>(metric: Metric<Label>): Metric<Label> {
  return Object.freeze(metric);
}

export function createCounter<M extends Metric>(
  meter: Meter,
  metric: M,
): (labels: LabelsOf<M>, by?: number) => void {
  const counter = meter.createCounter(metric.name, { description: metric.help });
  return (labels, by = 1) => counter.add(by, { ...labels });
}

export function createHistogram<M extends Metric>(
  meter: Meter,
  metric: M,
): (value: number, labels: LabelsOf<M>) => void {
  // The SDK's own bounds are for milliseconds: in any other unit all that is measured falls into two buckets.
  if (!metric.bounds) throw new TypeError(`${metric.name}: expected the bounds of its buckets`);
  const advice = { explicitBucketBoundaries: [...metric.bounds] };
  const histogram = meter.createHistogram(metric.name, { description: metric.help, advice });
  return (value, labels) => histogram.record(value, { ...labels });
}

type Series<M extends Metric> = Iterable<{ readonly value: number; readonly labels: LabelsOf<M> }>;

/** A gauge, or a counter that is kept elsewhere. Read when somebody collects: series that `read` gives no more are gone. */
export function observeMetric<M extends Metric>(
  meter: Meter,
  metric: M,
  read: () => Series<M> | Promise<Series<M>>,
): void {
  const options = { description: metric.help };
  const isCounter = metric.type === "counter";
  const instrument = isCounter
    ? meter.createObservableCounter(metric.name, options)
    : meter.createObservableGauge(metric.name, options);
  instrument.addCallback(async (result) => {
    for (const { value, labels } of await read()) result.observe(value, { ...labels });
  });
}
