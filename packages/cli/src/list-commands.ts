import type { Command } from "commander";

/** A command that does something, with its name as it is typed: `segue failed show`. */
export interface ListedCommand {
  readonly path: string;
  readonly command: Command;
}

/** Every command below one that has an action of its own, in the order of the help text. */
export function listCommands(program: Command, path = program.name()): ListedCommand[] {
  return program.commands.flatMap((command) => {
    const name = `${path} ${command.name()}`;
    const own = hasAction(command) ? [{ path: name, command }] : [];
    return [...own, ...listCommands(command, name)];
  });
}

/** A command with subcommands may do something by itself too (`segue failed`); then it has a summary of its own options. */
function hasAction(command: Command): boolean {
  return command.commands.length === 0 || command.options.length > 0;
}
