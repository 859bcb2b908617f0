import { randomUUID } from "node:crypto";
import { literal } from "@segue/catalog-db";
import { addressText, type Chain, outputText } from "@segue/chain";
import { isOneKind, kindsOf, Master, type StepSpec } from "@segue/contracts";
import type { ArtifactState } from "./plan-master.ts";
import { isPackedSql, joinPacked } from "./state-masks.ts";
import { madeKinds, stateOfMade } from "./states.ts";

/** One letter per state: a master's states are a word of as many letters as the chain makes kinds. */
const letters: Readonly<Record<string, ArtifactState>> = {
  p: "present",
  x: "expired",
  f: "failed",
  o: "outdated",
  m: "missing",
};

/** Kind to state, out of a word that `stateWord` made. */
export function parseStateWord(chain: Chain<StepSpec>, word: string): ReadonlyMap<string, ArtifactState> {
  return new Map(
    madeKinds(chain).map(({ name }, index) => {
      const state = letters[word[index] ?? ""];
      if (state === undefined)
        throw new TypeError(`expected a letter of ${Object.keys(letters)}, got "${word}"`);
      return [name, state];
    }),
  );
}

/** An expression for a step's address, out of the expressions of its inputs' addresses. */
export function addressSql(step: StepSpec, inputSql: Readonly<Record<string, string>>): string {
  return hashSql((marks) => addressText(step, marks), inputSql);
}

/** An expression for the hash of a text in which the values of expressions stand. */
function hashSql(
  textOf: (marks: Record<string, string>) => string,
  inputSql: Readonly<Record<string, string>>,
): string {
  const marks = Object.fromEntries(Object.keys(inputSql).map((input) => [input, randomUUID()]));
  let parts = [textOf(marks)];
  for (const mark of Object.values(marks))
    parts = parts.flatMap((part) => part.split(new RegExp(`(${mark})`)));
  const sqlOf = new Map<string, string>(
    Object.entries(marks).map(([input, mark]) => [mark, inputSql[input] ?? "null"]),
  );
  const text = parts.map((part) => sqlOf.get(part) ?? literal(part)).join(" || ");
  return `encode(sha256(convert_to(${text}, 'UTF8')), 'hex')`;
}

/** Joins that compute, for a row `m` with a column `master`, the address of every kind's artifact. */
export function joinAddresses(chain: Chain<StepSpec>): {
  readonly joins: string;
  /** The expression of a kind's address. */
  columnOf(kind: string): string;
} {
  const columns = new Map<string, string>([[Master.name, "m.master"]]);
  const columnOf = (kind: string) => columns.get(kind) ?? "null";
  const joins = chain.steps.map((step, index) => {
    const inputs = Object.entries(step.consumes).map(([input, kind]) => [input, columnOf(kind.name)]);
    for (const { name: kind } of kindsOf(step))
      columns.set(kind, isOneKind(step.produces) ? `a${index}.address` : `a${index}.${quoted(kind)}`);
    // `offset 0` keeps Postgres from copying the expression to wherever the column stands, hashes in hashes.
    const own = `select ${addressSql(step, Object.fromEntries(inputs))} as address offset 0`;
    return `cross join lateral (${isOneKind(step.produces) ? own : outputsSql(step, own)}) a${index}`;
  });
  return { joins: joins.join("\n"), columnOf };
}

/** The addresses of a step's several outputs, a column each, out of the query for its own. */
function outputsSql(step: StepSpec, ownSql: string): string {
  const columns = kindsOf(step).map(({ name: kind }) => {
    const address = hashSql(({ madeAt = "" }) => outputText(madeAt, kind), { madeAt: "own.address" });
    return `${address} as ${quoted(kind)}`;
  });
  return `select ${columns.join(", ")} from (${ownSql}) own offset 0`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * A query that adds to every row of `mastersSql`, which has a column `master`, a column `word`: the states of the artifacts
 * of all kinds. Addresses are computed where the rows are.
 */
export function stateWordSql(chain: Chain<StepSpec>, mastersSql: string): string {
  const { joins, columnOf } = joinAddresses(chain);
  const kinds = madeKinds(chain);
  const records = kinds.map(
    ({ name }, index) => `left join artifacts r${index} on r${index}.address = ${columnOf(name)}`,
  );
  const states = kinds.map((kind, index) => {
    const { name } = kind;
    const made = literal(stateOfMade(kind) === "present" ? "p" : "x");
    return `case
      when not r${index}.failed or ${isPackedSql(index, ["present", "expired"])} then ${made}
      when r${index}.failed or ${isPackedSql(index, ["failed"])} then 'f'
      when ${isPackedSql(index, ["outdated"])} or exists (select from artifacts o
        where o.master = m.master and o.kind = ${literal(name)} and not o.failed) then 'o'
      else 'm' end`;
  });
  return `select m.*, ${states.join(" || ")} as word from (${mastersSql}) m ${joins} ${joinPacked(chain)} ${records.join("\n")}`;
}
