import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { type ListedCommand, listCommands } from "./list-commands.ts";
import { createProgram } from "./program.ts";

const docs = await readFile(new URL("../../../docs/cli.md", import.meta.url), "utf8");
const { stdout, stderr } = process;
const config = { cwd: "/", env: {} };
const commands = listCommands(createProgram({ config, stdout, stderr, onExitCode() {} }));

/** From a command's heading to the next one. */
function sectionOf(path: string): string {
  return docs.split(/^## /m).find((section) => section.startsWith(`\`${path}\``)) ?? "";
}

test("docs/cli.md lists exactly the commands that exist, in the order of the help text", () => {
  const documented = [...docs.matchAll(/^## `(segue [^`]+)`/gm)].map((match) => match[1]);
  expect(documented).toEqual(commands.map(({ path }) => path));
});

test("docs/cli.md names exactly the options and exit codes of each command", () => {
  for (const { path, command } of commands) {
    const section = sectionOf(path);
    const documented = [...section.matchAll(/^\| `(?:-\w, )?(--[a-z-]+)/gm)].map((match) => match[1]);
    expect([path, documented]).toEqual([path, command.options.map((option) => option.long)]);
    for (const code of exitCodesOf(command)) expect(section, path).toContain(`**${code}**`);
  }
});

test("every command's help has a summary, a description, examples and exit codes", () => {
  for (const { path, command } of commands.filter(speaksToPeople)) {
    expect(command.summary(), path).not.toBe("");
    expect(command.description(), path).not.toBe("");
    const help = helpOf(command);
    expect(help, path).toContain("Examples:");
    expect(help, path).toMatch(/Exit codes:\n {2}0 /);
  }
});

/** `service` is for launchers and containers. */
const speaksToPeople = ({ command }: ListedCommand) => command.name() !== "service";

function exitCodesOf(command: Command): string[] {
  return [...(helpOf(command).split("Exit codes:")[1] ?? "").matchAll(/^ {2}(\d+) /gm)].flatMap(
    ([, code]) => code ?? [],
  );
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (more) => {
      text += more;
    },
  });
  command.outputHelp();
  return text;
}
