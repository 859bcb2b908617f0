import type { FoundTrack } from "@segue/contracts";

/** What is asked for, as the form has it; empty: nothing of that. */
export interface SearchTerms {
  readonly words: string;
  readonly bpm: string;
  readonly octaves: boolean;
  readonly key: string;
  readonly harmonic: boolean;
  readonly tags: string;
  readonly where: string;
  readonly sort: string;
  /** What a link asks for beside that, and the form has no field for, as it stands there: `state=failed`. */
  readonly others: string;
}

const texts = ["words", "bpm", "key", "tags", "where", "sort"] as const;
const flags = ["octaves", "harmonic"] as const;
/** How pages are read is this page's own. */
const ofPages = ["limit", "cursor"];
const fields: readonly string[] = [...texts, ...flags, ...ofPages];

/** Out of the part of the URL behind `?`: what a link says. */
export function termsOf(query: string): SearchTerms {
  const given = new URLSearchParams(query);
  const text = (name: (typeof texts)[number]) => given.get(name) ?? "";
  const flag = (name: (typeof flags)[number]) => given.get(name) === "true";
  return {
    ...{ words: text("words"), bpm: text("bpm"), key: text("key"), tags: text("tags") },
    ...{ where: text("where"), sort: text("sort") },
    ...{ octaves: flag("octaves"), harmonic: flag("harmonic") },
    others: new URLSearchParams([...given].filter(([name]) => !fields.includes(name))).toString(),
  };
}

/** As the API takes it, and a link has it: what is not asked for is left out. */
export function queryOf(terms: SearchTerms): string {
  const query = new URLSearchParams();
  for (const name of texts) if (terms[name].trim() !== "") query.set(name, terms[name].trim());
  for (const name of flags) if (terms[name]) query.set(name, "true");
  for (const [name, value] of new URLSearchParams(terms.others)) query.append(name, value);
  return query.toString();
}

/** `state failed, duration 180..`: in words what there is no field for. */
export function sayOthers({ others }: Pick<SearchTerms, "others">): string {
  return [...new URLSearchParams(others)].map(([name, value]) => `${name} ${value}`).join(", ");
}

/** Facts that these tracks have, in the order in which they come: a column each. */
export function columnsOf(tracks: readonly FoundTrack[]): string[] {
  return [...new Set(tracks.flatMap(({ facts }) => Object.keys(facts)))];
}

/** Of a fact what a cell has room for; empty where there is none. */
export function sayFact(value: unknown): string {
  if (typeof value === "number") return String(Math.round(100 * value) / 100);
  if (Array.isArray(value)) return value.map(sayFact).join(", ");
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "string" ? value : "";
}

/** `durationSec` as a heading: the last part of a name, its words apart. */
export function sayName(name: string): string {
  return (name.split(".").at(-1) ?? name).replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}
