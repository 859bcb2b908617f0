import { z } from "zod";
import { unpackFacts } from "./pack-facts.ts";
import { type ArtifactState, mergeArtifacts, unpackArtifacts } from "./packed/pack-artifacts.ts";
import type { KeptArtifact } from "./rows.ts";

/** A row of the table, as Postgres writes it in JSON. */
export interface ArtifactJson extends KeptArtifact {
  /** `\\x` and hex digits. */
  readonly bulk?: string | null;
}

/** What is known of a master's artifacts, as a query reads it. */
export interface FoundArtifacts {
  readonly rows: readonly ArtifactJson[] | null;
  /** Hex digits; null: none are packed. */
  readonly packed: { readonly body: string; readonly states: readonly ArtifactState[] } | null;
}

/** The statement made it. */
export const FoundArtifacts = z.custom<FoundArtifacts>(
  (found) => typeof found === "object" && found !== null && "rows" in found && "packed" in found,
);

/** An expression for `FoundArtifacts`, of a master that another one gives. */
export function artifactsSql(master: string): string {
  return `json_build_object('rows', (select json_agg(a) from artifacts a where a.master = ${master}),
    'packed', (select json_build_object('body', encode(p.body, 'hex'), 'states', (
        select json_agg(json_build_object('kind', s.kind, 'recipe', s.recipe, 'failed', s.failed)) from artifact_states s where s.id = p.states))
      from packed_artifacts p where p.master = decode(${master}, 'hex')))`;
}

/** Rows of the table as they are where they are packed: with all of their facts. */
export function keptRows(json: readonly ArtifactJson[] | null): readonly KeptArtifact[] {
  return (json ?? []).map(({ bulk = null, ...row }) => ({
    ...row,
    facts: unpackFacts({ facts: row.facts, bulk: bulk === null ? null : Buffer.from(bulk.slice(2), "hex") }),
  }));
}

/** Those that are packed. */
export function unpackFound(master: string, { packed }: FoundArtifacts): readonly KeptArtifact[] {
  return packed ? unpackArtifacts(master, packed.states, Buffer.from(packed.body, "hex")) : [];
}

/** What is known of a master's artifacts, by their addresses. */
export function keptArtifacts(master: string, found: FoundArtifacts): ReadonlyMap<string, KeptArtifact> {
  const all = mergeArtifacts(unpackFound(master, found), keptRows(found.rows));
  return new Map(all.map((row) => [row.address, row]));
}
