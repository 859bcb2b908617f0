import type { HoldingCorrection, StoredCorrection, StoredTrack } from "@segue/catalog-db";
import {
  type CorrectableFact,
  type CorrectionHistory,
  correctableFactsOf,
  Disagreement,
  differencesOf,
  type Kind,
  type StandingCorrection,
} from "@segue/contracts";
import { z } from "zod";

/** What people say of a track beside what the machine says now, by kind. */
export function describeCorrections(
  track: Pick<StoredTrack, "corrections" | "outcomes">,
  kinds: readonly Kind[],
): Record<string, StandingCorrection> {
  return Object.fromEntries(
    track.corrections.map((correction) => [correction.kind, describeOne(track, correction, kinds)]),
  );
}

function describeOne(
  track: Pick<StoredTrack, "outcomes">,
  correction: HoldingCorrection,
  kinds: readonly Kind[],
): StandingCorrection {
  const known = kinds.find(({ name }) => name === correction.kind);
  const made = findMade(track, correction.kind);
  return {
    ...describeEntry(correction),
    facts: correction.facts,
    version: made?.version ?? null,
    disagreements: z
      .array(Disagreement)
      .parse(differencesOf(known ? correctableFacts(known) : [], correction.facts, made?.facts)),
  };
}

export function describeHistory(all: readonly StoredCorrection[]): CorrectionHistory["history"] {
  return all.map((correction) => ({ ...describeEntry(correction), facts: correction.facts }));
}

function describeEntry({ number, kind, machine, by, author, note, at }: StoredCorrection) {
  const beside = machine && { version: machine.version, facts: machine.facts };
  return { number, kind, machine: beside, by, author, note, at };
}

/** What a track has of a kind. */
export function findMade({ outcomes }: Pick<StoredTrack, "outcomes">, kind: string) {
  for (const { version, results } of outcomes) {
    const result = results.find((each) => each.kind === kind);
    if (result) return { address: result.address, version, facts: result.facts };
  }
  return undefined;
}

/** By the kind: to read its schema takes its time, and a page of tracks has the same few. */
const read = new WeakMap<Kind, readonly CorrectableFact[]>();

export function correctableFacts(kind: Kind): readonly CorrectableFact[] {
  const facts = read.get(kind) ?? correctableFactsOf(kind);
  read.set(kind, facts);
  return facts;
}
