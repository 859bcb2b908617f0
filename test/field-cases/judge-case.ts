import { join } from "node:path";
import { Key, Loudness, Pcm, Tempo, type TrackResource } from "@segue/contracts";
import { factsOf } from "../support/fleet-under-test.ts";
import type { Expected } from "./expected.ts";
import { measureLufs } from "./measure-lufs.ts";

/** What became of one file. */
export interface Ended {
  readonly track: TrackResource;
  /** The AAC that was made of it; null where there is none. */
  readonly aacPath: string | null;
  /** Its tags, read from the AAC. */
  readonly aacTags: Readonly<Record<string, string>>;
}

type Judge = (ended: Ended, expected: Expected, others: ReadonlyMap<string, Ended>) => unknown;

const tempoTolerance = 0.04;

/** By the name of an expectation: what is wrong, in words; nothing where it is met. */
const judges: Readonly<Partial<Record<keyof Expected, Judge>>> = {
  title: (ended, { title }) => differs(tagsOf(ended).title, title),
  artist: (ended, { artist }) => differs(tagsOf(ended).artist, artist),
  comment: (ended, { comment }) => differs(tagsOf(ended).comment, comment),
  bpmTag: (ended, { bpmTag }) => differs(Number(tagsOf(ended).bpm), bpmTag),
  isrc: ({ track }, { isrc = [] }) => {
    const { tags, tagValues } = factsOf(track, Pcm);
    return differs(tagValues?.isrc ?? [tags.isrc], isrc);
  },
  aacTitle: ({ aacTags }, { aacTitle }) => differs(aacTags.title, aacTitle),
  state: ({ track }, { state }) => differs(track.state, state),
  warning: (ended, { warning = "" }) =>
    warningsOf(ended).includes(warning) ? null : differs(warningsOf(ended), [warning]),
  warnings: (ended, { warnings }) => differs(warningsOf(ended), warnings),
  sameAs: (ended, { sameAs = "" }, others) => differs(results(ended), results(other(others, sameAs))),
  tempoBpm: ({ track }, { tempoBpm = 0 }) => {
    const { bpm } = factsOf(track, Tempo);
    return bpm !== null && Math.abs(bpm / tempoBpm - 1) <= tempoTolerance ? null : differs(bpm, tempoBpm);
  },
  key: ({ track }, { key }) => {
    const { key: tonic, mode } = factsOf(track, Key);
    return differs(`${tonic} ${mode}`, key);
  },
  integratedLufsSameAs: ({ track }, { integratedLufsSameAs = "", toleranceLu }, others) => {
    const [own, its] = [track, other(others, integratedLufsSameAs).track].map(
      (one) => factsOf(one, Loudness).integratedLufs ?? Number.NaN,
    );
    return Math.abs((own ?? 0) - (its ?? 0)) <= toleranceLu ? null : differs(own, its);
  },
  aacLufsSameAs: async ({ aacPath }, { aacLufsSameAs = "", aacToleranceLu }, others) => {
    const [own, its] = await Promise.all([
      measureLufs(aacPath ?? ""),
      measureLufs(other(others, aacLufsSameAs).aacPath ?? ""),
    ]);
    return Math.abs(own - its) <= aacToleranceLu ? null : differs(own, its);
  },
  truePeakAtLeastDbtp: ({ track }, { truePeakAtLeastDbtp = 0 }) => {
    const { truePeakDbtp } = factsOf(track, Loudness);
    return (truePeakDbtp ?? Number.NEGATIVE_INFINITY) >= truePeakAtLeastDbtp
      ? null
      : differs(truePeakDbtp, `at least ${truePeakAtLeastDbtp}`);
  },
  beatsInSilence: ({ track }, { beatsInSilence }) => {
    const { beatsSec } = factsOf(track, Tempo);
    // The silence of this case lasts from 40 to 100 s.
    return differs(beatsSec.filter((sec) => sec > 40.5 && sec < 99.5).length, beatsInSilence);
  },
};

/** What is wrong with one file's results, in words. */
export async function judgeCase(
  ended: Ended,
  expected: Expected,
  others: ReadonlyMap<string, Ended>,
): Promise<string[]> {
  const faults: string[] = [];
  for (const [name, judge] of Object.entries(judges)) {
    if (expected[name] === undefined) continue;
    const fault = await Promise.resolve(judge?.(ended, expected, others)).catch((error) => String(error));
    if (fault) faults.push(`${name}: ${fault}`);
  }
  return faults;
}

/** Expectations that nothing here judges. */
export function unjudged(expected: Expected): string[] {
  const silent = ["toleranceLu", "aacToleranceLu", "tolerance", "note", "never"];
  return Object.keys(expected).filter((name) => !(name in judges) && !silent.includes(name));
}

function differs(came: unknown, right: unknown): string | null {
  const [a, b] = [JSON.stringify(came), JSON.stringify(right)];
  return a === b ? null : `expected ${b}, came ${a}`;
}

const tagsOf = ({ track }: Ended) => factsOf(track, Pcm).tags;

function warningsOf({ track }: Ended): string[] {
  return factsOf(track, Pcm).warnings.map(({ code }) => code);
}

function other(others: ReadonlyMap<string, Ended>, name: string): Ended {
  const found = others.get(name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

/** All that two files of the same sound must share. */
function results({ track }: Ended): unknown {
  const { durationSec, sampleCount, warnings } = factsOf(track, Pcm);
  return { state: track.state, durationSec, sampleCount, warnings, tempo: factsOf(track, Tempo) };
}

export const aacName = (folder: string, file: string) => join(folder, `${file}.aac.m4a`);
