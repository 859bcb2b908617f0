// Expressions in Prometheus' language, made of metrics' definitions: names and labels that there are not don't compile.
import type { Metric } from "@segue/telemetry";
import { metrics as ofProcess } from "@segue/telemetry/process-metrics";

/** A vector, as text. */
export type Vector = string;

type LabelOf<M> = M extends Metric<infer Label> ? Label | "service_name" | "le" : never;

/** What a label has to be: a text, a pattern, or none that a pattern has. */
type Is = string | RegExp | { readonly not: RegExp };

type Where<M> = Partial<Record<LabelOf<M>, Is>>;

function select(name: string, where: Readonly<Record<string, Is | undefined>>): Vector {
  const text = ({ source }: RegExp) => source.replaceAll("\\/", "/").replaceAll("\\", "\\\\");
  const matchers = Object.entries(where).flatMap(([label, is]) => {
    if (is === undefined) return [];
    if (typeof is === "string") return [`${label}="${is}"`];
    return [is instanceof RegExp ? `${label}=~"${text(is)}"` : `${label}!~"${text(is.not)}"`];
  });
  return matchers.length > 0 ? `${name}{${matchers.join(",")}}` : name;
}

export function series<M extends Metric>(metric: M, where: Where<M> = {}): Vector {
  return select(metric.name, where);
}

/** Per second, by labels that are kept: of many processes the sum of what each adds. */
export function rate<M extends Metric>(
  metric: M,
  window: string,
  { where = {}, by = [] }: { readonly where?: Where<M>; readonly by?: readonly LabelOf<M>[] } = {},
): Vector {
  return `sum${grouping(by)}(rate(${series(metric, where)}[${window}]))`;
}

/**
 * What a counter has grown by. A series begins with what it first counts, of which `increase` knows nothing: one that was not there when the window began
 * has grown by all that it is.
 */
export function increase<M extends Metric>(
  metric: M,
  window: string,
  { where = {}, by = [] }: { readonly where?: Where<M>; readonly by?: readonly LabelOf<M>[] } = {},
): Vector {
  const of = series(metric, where);
  return `sum${grouping(by)}((${of} unless ${of} offset ${window}) or increase(${of}[${window}]))`;
}

/** How far back is looked for what a counter was before nobody collected. */
const longestPause = "6h";

/**
 * The same, to say how much. A series that was not there when the window began, because nobody collected then, is not new: its process is older than the window, and it has grown by what it is more than when
 * it was last collected.
 *
 * @param minutes of the window.
 */
export function growth<M extends Metric>(
  metric: M,
  minutes: number,
  { where = {}, by = [] }: { readonly where?: Where<M>; readonly by?: readonly LabelOf<M>[] } = {},
): Vector {
  const of = series(metric, where);
  const window = `${minutes}m`;
  const start = series(ofProcess.startTime);
  const unseen = `((${start} < time() - ${minutes * 60}) unless ${start} offset ${window})`;
  const before = `(last_over_time(${of}[${longestPause}] offset ${window}) or 0 * ${of})`;
  const afterPause = `((${of} - ${before}) and ignoring (${Object.keys(metric.labels).join(", ")}) ${unseen})`;
  return `sum${grouping(by)}(${afterPause} or (${of} unless ${of} offset ${window}) or increase(${of}[${window}]))`;
}

/** @param share 0 to 1. */
export function quantile<M extends Metric>(
  share: number,
  metric: M,
  window: string,
  { where = {}, by = [] }: { readonly where?: Where<M>; readonly by?: readonly LabelOf<M>[] } = {},
): Vector {
  const buckets = select(`${metric.name}_bucket`, where);
  return `histogram_quantile(${share}, sum${grouping(["le", ...by])}(rate(${buckets}[${window}])))`;
}

/** Of what is measured once, at a process's end, and told once: nothing grows. */
export function lastQuantile<M extends Metric>(
  share: number,
  metric: M,
  window: string,
  by: readonly LabelOf<M>[] = [],
): Vector {
  const buckets = `last_over_time(${metric.name}_bucket[${window}])`;
  return `histogram_quantile(${share}, sum${grouping(["le", ...by])}(${buckets}))`;
}

/** Of several processes that tell the same thing, what any of them tells. */
export function told<M extends Metric>(metric: M, by: readonly LabelOf<M>[], where: Where<M> = {}): Vector {
  return `max${grouping(by)}(${series(metric, where)})`;
}

/** The same, whose label `service_name` is called `service`, as in what the catalog tells of services. */
export function byService(vector: Vector): Vector {
  return `label_replace(${vector}, "service", "$1", "service_name", "(.+)")`;
}

/** The same, with one label more. */
export function withLabel(vector: Vector, label: string, is: string): Vector {
  return `label_replace(${vector}, "${label}", "${is}", "", "")`;
}

function grouping(by: readonly string[]): string {
  return by.length > 0 ? ` by (${by.join(", ")}) ` : "";
}
