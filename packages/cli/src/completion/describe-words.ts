import type { Argument, Command, Option } from "commander";

/** What may stand somewhere on a command line: one of some words, a path, or what nobody can guess. */
export type Words =
  | { readonly type: "choices"; readonly choices: readonly string[] }
  | { readonly type: "files" | "folders" | "unknown" };

export interface OptionWords {
  /** As typed: `--json`, or `-o` and `--output`. */
  readonly names: readonly string[];
  readonly description: string;
  /** What follows it; null if nothing does, or need not. */
  readonly value: Words | null;
}

/** A command as a shell needs to know it. */
export interface CommandWords {
  /** With its parents' names: `segue failed show`. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly OptionWords[];
  /** In order; a last one that repeats stands for all that follow. */
  readonly positions: readonly Words[];
  readonly lastRepeats: boolean;
}

/** A program and every command below it, parents first. */
export function describeWords(command: Command, path = command.name()): CommandWords[] {
  const positions = command.registeredArguments;
  const own: CommandWords = {
    path,
    commands: command.commands.map((child) => ({ name: child.name(), description: child.summary() })),
    options: [
      ...command.options.filter(({ hidden }) => !hidden).map(describeOption),
      { names: ["--help"], description: "show what is expected", value: null },
    ],
    positions: positions.map((argument) => wordsOf(argument.name(), argument)),
    lastRepeats: positions.at(-1)?.variadic ?? false,
  };
  return [own, ...command.commands.flatMap((child) => describeWords(child, `${path} ${child.name()}`))];
}

function describeOption(option: Option): OptionWords {
  const placeholder = /<([^>.]+)/.exec(option.flags)?.[1];
  return {
    names: [option.short, option.long].filter((name) => name !== undefined),
    description: option.description,
    value: placeholder === undefined ? null : wordsOf(placeholder, option),
  };
}

/** The names by which the project's commands call files and folders. */
const fileNames = new Set(["file", "paths", "sources"]);

function wordsOf(name: string, { argChoices }: Pick<Argument | Option, "argChoices">): Words {
  if (argChoices) return { type: "choices", choices: argChoices };
  if (fileNames.has(name)) return { type: "files" };
  return { type: name === "dir" ? "folders" : "unknown" };
}
