import type { Pool } from "@segue/catalog-db";
import { type Chain, createChain } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import { z } from "zod";
import { type MasterPlan, planMaster } from "./plan-master.ts";
import { parseStateWord, stateWordSql } from "./state-query.ts";
import { filterTracks, type TrackSelection } from "./track-selection.ts";

/** A track, and what would run for it. */
export interface PlannedTrack {
  readonly id: string;
  readonly owner: string;
  readonly master: string;
  readonly targets: readonly string[];
  readonly wants: readonly string[];
  readonly plan: MasterPlan;
}

const Row = z.object({
  id: z.string(),
  owner: z.string(),
  master: z.string(),
  targets: z.array(z.string()),
  wants: z.array(z.string()),
  word: z.string(),
});

/**
 * Plans track by track: the next `limit` tracks of a selection, in the order of their ids.
 *
 * @throws {ChainError} if a target is unknown; whatever the database says.
 */
export async function planTracks(
  pool: Pool,
  given: Chain<StepSpec>,
  request: { readonly targets: readonly string[]; readonly force: readonly string[]; readonly limit: number },
  selection: TrackSelection,
): Promise<PlannedTrack[]> {
  // What the database answers is read by the chain that asked, should the given one be live.
  const chain = createChain(given.steps);
  const { where, values } = filterTracks(selection);
  const page = `select id, owner, master, targets, wants from tracks ${where} order by id limit ${Math.trunc(request.limit)}`;
  const sql = `select id, owner, master, targets, wants, word from (${stateWordSql(chain, page)}) t order by id`;
  const { rows } = await pool.query(sql, values);
  const forced = new Set(request.force);
  return z
    .array(Row)
    .parse(rows)
    .map(({ word, ...track }) => {
      const states = parseStateWord(chain, word);
      return {
        ...track,
        plan: planMaster(chain, request.targets, (kind) => states.get(kind) ?? "missing", forced),
      };
    });
}
