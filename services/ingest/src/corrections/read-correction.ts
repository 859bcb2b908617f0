import {
  type CorrectableFact,
  type CorrectedFacts,
  type CorrectionRequest,
  completeFacts,
  factSchemaOf,
  type Kind,
  UnclearCorrectionError,
} from "@segue/contracts";
import { z } from "zod";
import { parseInput } from "../input/parse-input.ts";
import { ProblemError } from "../problem-error.ts";
import { correctableFacts } from "./describe-corrections.ts";

/** The kind that a correction is of. @throws {ProblemError} `not-found`: none of this name can be corrected; it says which can. */
export function requireCorrectable(kinds: readonly Kind[], name: string): Kind {
  const correctable = kinds.filter((kind) => correctableFacts(kind).length > 0);
  const kind = correctable.find((each) => each.name === name);
  if (kind) return kind;
  const names = correctable.map((each) => each.name).join(", ") || "none of this fleet";
  throw new ProblemError("not-found", `there is no kind ${name} that can be corrected; these can: ${names}`);
}

/**
 * What somebody says of a kind, with what follows from it, each fact as the kind's own schema has it.
 *
 * @throws {ProblemError} `invalid-request`, naming the fact that is wrong.
 */
export function readCorrection(kind: Kind, given: CorrectionRequest["facts"]): CorrectedFacts {
  const facts = correctableFacts(kind);
  const unknown = Object.keys(given).find((key) => !facts.some((fact) => fact.key === key));
  if (unknown !== undefined)
    throw new ProblemError(
      "invalid-request",
      `facts: expected ${facts.map(({ key }) => key).join(", ")}, got "${unknown.slice(0, 80)}", which can't be corrected`,
    );
  const all = complete(kind, given);
  const said = facts.filter(({ key }) => Object.hasOwn(all, key));
  const shape = Object.fromEntries(said.map((fact) => [fact.key, schemaOf(kind, fact)]));
  return parseInput(z.object({ facts: z.object(shape) }), { facts: all }, "body").facts;
}

/** What stands in no schema of a kind's can't be judged: nothing is taken. */
function schemaOf(kind: Kind, fact: CorrectableFact): z.ZodType {
  return factSchemaOf(kind, fact) ?? z.never();
}

function complete(kind: Kind, given: CorrectionRequest["facts"]): CorrectedFacts {
  try {
    return completeFacts(correctableFacts(kind), given);
  } catch (error) {
    if (!(error instanceof UnclearCorrectionError)) throw error;
    throw new ProblemError("invalid-request", `facts: ${error.message}`, { cause: error });
  }
}
