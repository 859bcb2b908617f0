import type { Pool } from "@segue/catalog-db";
import { type Chain, recipesOf } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import { z } from "zod";
import type { ArtifactState } from "./plan-master.ts";
import { literal, madeKinds, parseStateWord, stateOfMade, stateWordSql } from "./state-query.ts";

/** Masters of which the same is there. */
export interface StateGroup {
  readonly masters: number;
  /** Kind to the state of its artifact. */
  readonly states: ReadonlyMap<string, ArtifactState>;
}

/** What can be known of artifacts of a kind for a master, a bit each; the first that is set holds. */
const flags = ["present", "expired", "failed", "unknown", "outdated"] as const;
type Flag = (typeof flags)[number];

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
  const masks = maskSql(chain, mastersSql);
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

/** A bit string per master, with the flags of the first kind first. */
function maskSql(chain: Chain<StepSpec>, mastersSql: string): string {
  const recipes = recipesOf(chain);
  const kinds = madeKinds(chain);
  const length = kinds.length * flags.length;
  const bit = (kind: number, flag: Flag) => {
    const at = kind * flags.length + flags.indexOf(flag);
    return `B'${"0".repeat(at)}1${"0".repeat(length - at - 1)}'`;
  };
  const ours = kinds.map((kind, index) => {
    const made = bit(index, stateOfMade(kind));
    return `when ${literal(recipes.get(kind.name) ?? "")} then case when a.failed then ${bit(index, "failed")} else ${made} end`;
  });
  // A failure of another recipe says nothing.
  const others = kinds.map(
    ({ name }, kind) =>
      `when ${literal(name)} then case when a.recipe is null then ${bit(kind, "unknown")}
         when not a.failed then ${bit(kind, "outdated")} end`,
  );
  const none = `B'${"0".repeat(length)}'`;
  return `select m.master, coalesce(bit_or(
      case a.recipe ${ours.join("\n")} else case a.kind ${others.join("\n")} end end), ${none})::text as mask
    from (${mastersSql}) m left join artifacts a on a.master = m.master group by m.master`;
}

/** Undefined where an artifact of unknown recipe may be the one that is asked for. */
function readMask(chain: Chain<StepSpec>, mask: string): ReadonlyMap<string, ArtifactState> | undefined {
  const states = new Map<string, ArtifactState>();
  for (const [index, { name }] of madeKinds(chain).entries()) {
    const bits = mask.slice(index * flags.length, (index + 1) * flags.length);
    const flag = flags[bits.indexOf("1")];
    if (flag === "unknown") return undefined;
    states.set(name, flag ?? "missing");
  }
  return states;
}
