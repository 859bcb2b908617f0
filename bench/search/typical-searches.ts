import type { SearchCondition, SearchFact } from "@segue/catalog-db";

/** What somebody asks of search. */
export interface TypicalSearch {
  readonly name: string;
  readonly owner?: string;
  readonly conditions: readonly SearchCondition[];
  /** The name of a number; by the time of acceptance when left out. */
  readonly by?: string;
}

/** @param round another one each time: other values. */
export function typicalSearches(facts: readonly SearchFact[], round: number): TypicalSearch[] {
  const fact = (name: string) => {
    const found = facts.find((each) => each.name === name);
    if (!found) throw new Error(`expected a fact ${name}`);
    return found;
  };
  const range = (name: string, from: number, to: number): SearchCondition => ({
    ...{ type: "number", fact: fact(name) },
    ranges: [{ from, to }],
  });
  const low = 80 + (round % 20) * 4;
  const bpm = range("tempo.bpm", low, low + 8);
  const octaves: SearchCondition = {
    ...{ type: "number", fact: fact("tempo.bpm") },
    ranges: [1, 2, 0.5].map((factor) => ({ from: low * factor, to: (low + 8) * factor })),
  };
  const key = (round % 12) + 1;
  const harmonic: SearchCondition = {
    ...{ type: "keyword", fact: fact("key.camelot") },
    any: [`${key}A`, `${(key % 12) + 1}A`, `${((key + 10) % 12) + 1}A`, `${key}B`].map((value) => ({
      ...{ value, leastScore: null },
    })),
  };
  const tag = (n: number, leastScore: number | null): SearchCondition => ({
    ...{ type: "keyword", fact: fact("tags.tags") },
    any: [{ value: `tag-${n}`, leastScore }],
  });
  const words = (...all: string[]): SearchCondition => ({ type: "words", fact: null, words: all });
  const mix = [bpm, harmonic, tag(round % 5, 0.5), range("pcm.durationSec", 180, 300)];
  return [
    { name: "all, the newest first", conditions: [] },
    { name: "tempo", conditions: [bpm] },
    { name: "tempo, by tempo", conditions: [bpm], by: "tempo.bpm" },
    { name: "tempo with octaves, by loudness", conditions: [octaves], by: "loudness.integratedLufs" },
    { name: "harmonic", conditions: [harmonic] },
    { name: "a frequent tag", conditions: [tag(0, null)] },
    { name: "a frequent tag, sure", conditions: [tag(round % 3, 0.95)] },
    { name: "a rare tag, sure, by duration", conditions: [tag(49, 0.9)], by: "pcm.durationSec" },
    { name: "tempo, harmonic, a tag, duration", conditions: mix },
    { name: "the same, by loudness", conditions: mix, by: "loudness.integratedLufs" },
    { name: "the same, of an owner with a hundredth", owner: "bert", conditions: mix },
    { name: "two tags that are rare together", conditions: [tag(48, 0.8), tag(47, 0.8)] },
    { name: "a word", conditions: [words(`w${round * 7}`)] },
    { name: "a word, and the beginning of another", conditions: [words(`artist${round}`, "w1")] },
    { name: "a word that nearly all have, by tempo", conditions: [words("mp3")], by: "tempo.bpm" },
    { name: "failed", conditions: [{ type: "state", states: ["failed"] }] },
    {
      name: "failed, a tempo",
      conditions: [{ type: "state", states: ["failed"] }, bpm],
    },
    { name: "a fact without an index", conditions: [range("loudness.maxShortTermLufs", 50, 51)] },
    {
      name: "nothing: a narrow range of several",
      conditions: [range("tempo.bpm", 80, 80.5), range("loudness.integratedLufs", -12, -11.95), tag(40, 0.9)],
    },
  ];
}
