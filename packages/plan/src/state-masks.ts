/** What is there of a master as a bit string: it can be summed up, and compared, in the database. */
import { literal } from "@segue/catalog-db";
import { type Chain, recipesOf } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import type { ArtifactState } from "./plan-master.ts";
import { madeKinds, stateOfMade } from "./states.ts";

/** What can be known of artifacts of a kind for a master, a bit each; the first that is set holds. */
const flags = ["present", "expired", "failed", "unknown", "outdated"] as const;
type Flag = (typeof flags)[number];

function lengthFor(chain: Chain<StepSpec>): number {
  return madeKinds(chain).length * flags.length;
}

/** Nothing is there. */
export function noneSql(chain: Chain<StepSpec>): string {
  return `B'${"0".repeat(lengthFor(chain))}'`;
}

/** An expression for the bit that a row with the columns `kind`, `recipe` and `failed` sets: of an artifact, with the flags of the first kind first. Null: none. */
export function maskSql(chain: Chain<StepSpec>, row: string): string {
  const recipes = recipesOf(chain);
  const kinds = madeKinds(chain);
  const bit = (kind: number, flag: Flag) => {
    const at = kind * flags.length + flags.indexOf(flag);
    return `B'${"0".repeat(at)}1${"0".repeat(lengthFor(chain) - at - 1)}'`;
  };
  const ours = kinds.map((kind, index) => {
    const made = bit(index, stateOfMade(kind));
    return `when ${literal(recipes.get(kind.name) ?? "")} then case when ${row}.failed then ${bit(index, "failed")} else ${made} end`;
  });
  // A failure of another recipe says nothing.
  const others = kinds.map(
    ({ name }, kind) =>
      `when ${literal(name)} then case when ${row}.recipe is null then ${bit(kind, "unknown")}
         when not ${row}.failed then ${bit(kind, "outdated")} end`,
  );
  return `case ${row}.recipe ${ours.join("\n")} else case ${row}.kind ${others.join("\n")} end end`;
}

/** Joins that add to rows `m` with a column `master` a column `s.mask`: of the artifacts that are packed; null where none are. */
export function joinPacked(chain: Chain<StepSpec>): string {
  return `left join packed_artifacts p on p.master = decode(m.master, 'hex')
    left join (select id, bit_or(${maskSql(chain, "a")}) as mask from artifact_states a group by id) s on s.id = p.states`;
}

/** Whether one of a kind's flags is set in `s.mask`. */
export function isPackedSql(kind: number, of: readonly Flag[]): string {
  const bits = of.map((flag) => `get_bit(s.mask, ${kind * flags.length + flags.indexOf(flag)}) = 1`);
  return `coalesce(${bits.join(" or ")}, false)`;
}

/** Undefined where an artifact of unknown recipe may be the one that is asked for. */
export function readMask(
  chain: Chain<StepSpec>,
  mask: string,
): ReadonlyMap<string, ArtifactState> | undefined {
  const states = new Map<string, ArtifactState>();
  for (const [index, { name }] of madeKinds(chain).entries()) {
    const bits = mask.slice(index * flags.length, (index + 1) * flags.length);
    const flag = flags[bits.indexOf("1")];
    if (flag === "unknown") return undefined;
    states.set(name, flag ?? "missing");
  }
  return states;
}
