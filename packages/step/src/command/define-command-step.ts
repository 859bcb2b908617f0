import type {
  Accelerator,
  Budget,
  Json,
  Kind,
  OutputOf,
  OwnError,
  Produces,
  ResultOf,
} from "@segue/contracts";
import {
  type Checkpoint,
  defineStep,
  type Inputs,
  type StepContext,
  type StepDefinition,
} from "../define-step.ts";
import { digestFiles, type PreparedCommand, prepareCommand } from "./prepare-command.ts";

/** A step whose work is an external program. */
export interface CommandStep<C extends Readonly<Record<string, Kind>>, P extends Produces> {
  readonly name: string;
  /** Part of the address, as with every step: raise it when the program's results change. */
  readonly version: number;
  readonly params?: Json;
  readonly consumes: C;
  readonly produces: P;
  /** Of the program and all that it starts; memory is what they hold resident, where the system tells (Linux). */
  readonly budget: Budget;
  readonly accelerator?: Accelerator;
  /** Codes that the program may end with beside the catalogue's: what `defineError` gave. */
  readonly errors?: readonly OwnError[];
  /** The program and its arguments. No shell reads it. A URL is a file of this step's own. */
  readonly command: readonly [string | URL, ...(string | URL)[]];
  /** Whether the content of the command's files is part of the address too. Default: no, `version` says when results change. */
  readonly addressByContent?: boolean;
  /** Environment variables for the program. */
  readonly env?: Readonly<Record<string, string>>;
  /** Names of the worker's own environment variables that the program is to see, besides `PATH` and its like. */
  readonly inheritEnv?: readonly string[];
}

/** What `setup` gives. The machinery comes with it: definitions are imported by every process, and few run programs. */
interface CommandWork {
  readonly runCommand: typeof import("./run-command.ts").runCommand;
  readonly prepared: PreparedCommand;
}

/**
 * Defines a step whose work is a program in any language: JSON and paths in, JSON and files out, as docs/command-steps.md
 * describes to the byte. The runner's promises are the same as for any step: the program is started per attempt, kept to
 * the budget, and never outlives it.
 *
 * @example
 * export const crest = defineCommandStep({
 *   name: "crest",
 *   version: 1,
 *   consumes: { pcm: Pcm },
 *   produces: Crest,
 *   budget: { timeMs: 10_000, memoryMiB: 256 },
 *   command: ["python3", new URL("./crest.py", import.meta.url)],
 * });
 */
export function defineCommandStep<C extends Readonly<Record<string, Kind>>, P extends Produces>(
  definition: CommandStep<C, P>,
): StepDefinition<C, P, CommandWork> {
  const { name, version, consumes, produces, budget, params = null, errors = [] } = definition;
  const told = { name, version, consumes, produces, budget, params, errors };
  return defineStep({
    ...told,
    ...(definition.accelerator && { accelerator: definition.accelerator }),
    params: definition.addressByContent ? { params, program: digestFiles(definition.command) } : params,
    setup: async () => ({
      ...(await import("./run-command.ts")),
      prepared: await prepareCommand(definition),
    }),
    run: (
      inputs: Inputs<C>,
      { runCommand, prepared }: CommandWork,
      context: StepContext<OutputOf<P>>,
    ): AsyncGenerator<Checkpoint, ResultOf<P>, void> => runCommand(told, inputs, prepared, context),
  });
}
