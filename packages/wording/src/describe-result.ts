import {
  type DisplayHint,
  type Fact,
  hintsOf,
  type KindReport,
  type TrackResult,
  Warning,
  walkFacts,
} from "@segue/contracts";
import { describeFacts } from "./describe-facts.ts";
import { formatBytes, printable } from "./format-text.ts";

/** In the order in which the fleet lists them. */
export type KindsByName = ReadonlyMap<string, KindReport>;

/** A track's result of one kind, as it is shown. */
export interface ShownResult {
  readonly kind: string;
  /** What its column, or its line, is called. */
  readonly label: string;
  /** The place of its column, from the left. */
  readonly order: number;
  /** Its kind says what it is in few words: there is a column for it. */
  readonly hasColumn: boolean;
  /** On one line; empty where there is nothing to see but its file. */
  readonly summary: string;
  /** Where there is room. */
  readonly text: string;
  /** Of what is for people: sound, a picture. Its file, and what is made of that when it is read. */
  readonly links: readonly ShownLink[];
}

export interface ShownLink {
  readonly label: string;
  readonly url: string;
}

/** What the results of a track come to. */
export interface ShownResults {
  /** As their columns stand, from the left. */
  readonly results: readonly ShownResult[];
  /** What the file calls itself. */
  readonly title: string | undefined;
  /** What was found odd about a file that was processed all the same. */
  readonly warnings: readonly Warning[];
}

interface Read {
  readonly kind: string;
  readonly known: KindReport | undefined;
  readonly facts: readonly Fact[];
  readonly result: TrackResult;
}

/** All results of a track, by what their kinds say of themselves. @param kinds those that are known; of others all facts are shown. */
export function describeResults(
  results: Readonly<Record<string, TrackResult>>,
  kinds: KindsByName,
): ShownResults {
  const all = Object.entries(results).map(([kind, result]): Read => {
    const known = kinds.get(kind);
    return { kind, known, result, facts: walkFacts(result.facts, known?.facts) };
  });
  const facts = all.flatMap((read) => read.facts);
  return {
    results: all.toSorted(byOrder([...kinds.keys()])).flatMap(showResult),
    title: facts.map(({ display, value }) => (display.as === "title" ? value : undefined)).find(isText),
    warnings: facts.flatMap(({ display, value }) =>
      display.as === "warnings" ? (Warning.array().safeParse(value).data ?? []) : [],
    ),
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}

function showResult({ kind, known, facts, result }: Read): ShownResult[] {
  const { asset } = result;
  const display = displayOf(known);
  const { summary, text } = describeFacts(facts);
  const isWork = known?.retention === "intermediate";
  const label = printable(display.label ?? kind);
  const links = isWork ? [] : linksOf(result, label);
  const shown = { kind: printable(kind), label, order: orderOf(known), links };
  // What only steps work on is no result that anybody asked for, unless it says what there is to see in it.
  const isHidden = display.as === "none" || (summary === null && isWork);
  if (isHidden) return links.length === 0 ? [] : [{ ...shown, hasColumn: false, summary: "", text: "" }];
  if (summary !== null) return [{ ...shown, hasColumn: true, summary, text }];
  const all = [text, ...(asset ? [formatBytes(asset.sizeBytes)] : [])].join(", ");
  return [{ ...shown, hasColumn: false, summary: all, text: all }];
}

function linksOf({ asset, renderings }: TrackResult, label: string): ShownLink[] {
  const files = [
    ...(asset ? [{ label, url: asset.latestUrl ?? asset.url, contentType: asset.contentType }] : []),
    ...Object.entries(renderings).map(([name, { latestUrl, contentType }]) => ({
      ...{ label: `${label}.${printable(name)}`, url: latestUrl, contentType },
    })),
  ];
  return files.flatMap(({ contentType, ...link }) => (isForPeople(contentType) ? [link] : []));
}

function displayOf(known: KindReport | undefined): DisplayHint {
  return hintsOf(known?.facts ?? {}).display ?? {};
}

/** Those that ask for no place come last. */
function orderOf(known: KindReport | undefined): number {
  return displayOf(known).order ?? Number.MAX_VALUE;
}

function isForPeople(contentType: string): boolean {
  return /^(audio|image|video)\//.test(contentType) || /^(text\/html|application\/pdf)\b/.test(contentType);
}

/** By the place that a kind asks for, then as the fleet lists them, then by name. */
function byOrder(listed: readonly string[]): (a: Read, b: Read) => number {
  const indexOf = ({ kind, known }: Read) => (known ? listed.indexOf(kind) : listed.length);
  return (a, b) =>
    orderOf(a.known) - orderOf(b.known) || indexOf(a) - indexOf(b) || (a.kind < b.kind ? -1 : 1);
}
