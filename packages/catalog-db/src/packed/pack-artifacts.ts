/**
 * What the catalog knows of the artifacts of a master whose tracks are at rest, in one row. What comes to be known after that is in the table of
 * artifacts, beside it: at an address of both the one holds that would hold in the table.
 */
import { createHash } from "node:crypto";
import type { KeptArtifact } from "../rows.ts";
import { foldJson, unfoldJson } from "./fold-json.ts";
import { packTables, unpackTables } from "./pack-tables.ts";

const nothing: { readonly [Column in keyof KeptArtifact]: null } = {
  address: null,
  kind: null,
  step: null,
  version: null,
  master: null,
  facts: null,
  payload: null,
  seen_at: null,
  failed: null,
  recipe: null,
};

/** An artifact as plans ask for it. */
export type ArtifactState = Pick<KeptArtifact, "kind" | "recipe" | "failed">;

/** What plans ask of a master's artifacts: which there are of them, made by which recipe. Many masters have the same. */
export interface ArtifactStates {
  /** A number of 63 bits in decimal digits, which follows from the states. */
  readonly id: string;
  /** Each once, in an order of their own. */
  readonly states: readonly ArtifactState[];
}

export interface PackedArtifacts {
  readonly states: ArtifactStates;
  readonly body: Buffer;
}

/** @param rows with all of their facts. */
export function packArtifacts(rows: readonly KeptArtifact[]): PackedArtifacts {
  const states = statesOf(rows);
  const places = new Map(states.states.map((state, place) => [textOf(state), place]));
  const sorted = rows.toSorted((a, b) => (a.address < b.address ? -1 : 1));
  const packed = sorted.map(
    ({ master: _, recipe: _recipe, kind: _kind, failed: _failed, facts, ...row }, index) => ({
      ...row,
      facts: foldJson(facts),
      state: places.get(textOf(sorted[index] ?? noState)),
    }),
  );
  return { states, body: packTables({ artifacts: packed }) };
}

/**
 * @param states those that they were packed with.
 * @throws {PackedRowsError}
 */
export function unpackArtifacts(
  master: string,
  states: readonly ArtifactState[],
  bytes: Uint8Array,
): readonly KeptArtifact[] {
  const sorted = states.toSorted(byText);
  const rows = (unpackTables(bytes).artifacts ?? []).map(({ state, ...row }) => ({
    ...{ ...nothing, master, ...row, ...sorted[Number(state)] },
    facts: unfoldJson(row.facts ?? null),
  }));
  // As they were when they were packed, which were rows of the table.
  return rows as unknown as readonly KeptArtifact[];
}

const noState: ArtifactState = { kind: "", recipe: null, failed: false };

function statesOf(rows: readonly KeptArtifact[]): ArtifactStates {
  const each = new Map(rows.map((row) => [textOf(row), row]));
  const states = [...each.values()].map(({ kind, recipe, failed }) => ({ kind, recipe, failed }));
  states.sort(byText);
  const hash = createHash("sha256").update(states.map(textOf).join("\n")).digest();
  return { id: (hash.readBigUInt64BE() >> 1n).toString(), states };
}

function textOf({ kind, recipe, failed }: ArtifactState): string {
  return JSON.stringify([kind, recipe, failed]);
}

function byText(a: ArtifactState, b: ArtifactState): number {
  return textOf(a) < textOf(b) ? -1 : 1;
}

/** Whether one account of an artifact holds over another one: a success is not undone by a failure, and of two that are alike the later one holds. */
export function holdsOver(row: KeptSince, other: KeptSince): boolean {
  if (row.failed !== other.failed) return other.failed;
  return Date.parse(row.seen_at) > Date.parse(other.seen_at);
}
type KeptSince = Pick<KeptArtifact, "failed" | "seen_at">;

/** Of each address the account that holds. */
export function mergeArtifacts(...accounts: readonly (readonly KeptArtifact[])[]): readonly KeptArtifact[] {
  const held = new Map<string, KeptArtifact>();
  for (const row of accounts.flat()) {
    const other = held.get(row.address);
    const holds = other && !holdsOver(row, other) ? other : row;
    held.set(row.address, { ...holds, recipe: holds.recipe ?? row.recipe ?? other?.recipe ?? null });
  }
  return [...held.values()];
}
