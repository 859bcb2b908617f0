import { literal, type Pool } from "@segue/catalog-db";
import type { Chain } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import { z } from "zod";
import type { ArtifactState } from "./plan-master.ts";
import { joinPacked, maskSql, noneSql, readMask } from "./state-masks.ts";
import { parseStateWord, stateWordSql } from "./state-query.ts";

/** Masters of which the same is there. */
export interface StateGroup {
  readonly masters: number;
  /** Kind to the state of its artifact. */
  readonly states: ReadonlyMap<string, ArtifactState>;
}

const MaskRow = z.object({ mask: z.string(), masters: z.coerce.number().int() });
const WordRow = z.object({ word: z.string(), masters: z.coerce.number().int() });

/**
 * Groups masters by the states of all steps' artifacts, in one pass over an index: recipes tell whether an artifact is at the
 * address that this chain gives it, without that address. Masters with artifacts whose recipe is not known are looked at
 * address by address.
 *
 * @param mastersSql gives masters in a column `master`, each once.
 */
export async function countStates(
  pool: Pool,
  chain: Chain<StepSpec>,
  mastersSql: string,
  values: unknown[],
): Promise<StateGroup[]> {
  const masks = masksSql(chain, mastersSql);
  const { rows } = await pool.query(
    `select mask, count(*) as masters from (${masks}) w group by mask`,
    values,
  );
  const groups = z.array(MaskRow).parse(rows);
  const known = groups.flatMap(({ mask, masters }) => {
    const states = readMask(chain, mask);
    return states ? [{ masters, states }] : [];
  });
  const unclear = groups.filter(({ mask }) => !readMask(chain, mask)).map(({ mask }) => literal(mask));
  if (unclear.length === 0) return known;
  const unclearSql = `select master from (${masks}) w where mask in (${unclear.join(", ")})`;
  const words = stateWordSql(chain, unclearSql);
  const exact = await pool.query(`select word, count(*) as masters from (${words}) w group by word`, values);
  return [
    ...known,
    ...z
      .array(WordRow)
      .parse(exact.rows)
      .map(({ word, masters }) => ({ masters, states: parseStateWord(chain, word) })),
  ];
}

/** A mask per master. */
function masksSql(chain: Chain<StepSpec>, mastersSql: string): string {
  const none = noneSql(chain);
  return `select m.master, (m.mask | coalesce(s.mask, ${none}))::text as mask
    from (select m.master, coalesce(bit_or(${maskSql(chain, "a")}), ${none}) as mask
      from (${mastersSql}) m left join artifacts a on a.master = m.master group by m.master) m
    ${joinPacked(chain)}`;
}
