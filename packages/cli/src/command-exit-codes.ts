/** Exit codes of all commands but `start`, which has more to tell (see start/exit-codes.ts). */
export const commandExitCodes = {
  succeeded: 0,
  /** What was asked for was tried and failed, or is not there. */
  failed: 1,
  /** The command line is wrong: nothing was tried. */
  usage: 2,
  /** The API of the fleet could not be reached, or answered with something else; or the environment is wrong. */
  unreachable: 3,
} as const;

/** The part of a help text that says what the codes mean for this command. */
export function exitCodesText(meanings: Partial<Record<keyof typeof commandExitCodes, string>>): string {
  const all = { usage: "the command line is wrong", ...meanings };
  const lines = Object.entries(commandExitCodes).flatMap(([name, code]) => {
    const meaning = Object.entries(all).find(([key]) => key === name)?.[1];
    return meaning ? [`  ${code}  ${meaning}`] : [];
  });
  return ["", "", "Exit codes:", ...lines].join("\n");
}

/** The part of a help text that shows how a command is used: command line and what it does. */
export function examplesText(examples: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(examples).map((line) => line.length));
  const lines = Object.entries(examples).map(([line, what]) => `  ${line.padEnd(width)}  ${what}`);
  return ["", "Examples:", ...lines].join("\n");
}
