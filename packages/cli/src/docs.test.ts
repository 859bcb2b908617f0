import { spawnSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { type ListedCommand, listCommands } from "./list-commands.ts";
import { createProgram } from "./program.ts";

const folder = new URL("../../../docs/", import.meta.url);
const docs = await readFile(new URL("cli.md", folder), "utf8");
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

test("guides name only commands and options that exist", async () => {
  const guides = (await readdir(folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => new URL(name, folder));
  const wrong: string[] = [];
  for (const guide of [...guides, new URL("../README.md", folder)]) {
    const text = await readFile(guide, "utf8");
    const lines = [...text.matchAll(/`segue ([^`]+)`|^npm run (?:-s )?segue -- ([^#\n]+)/gm)];
    const unknown = lines
      .map((line) => line[1] ?? line[2] ?? "")
      .filter((line) => !line.startsWith("COMMAND") && !exists(line));
    wrong.push(...unknown.map((line) => `${guide.pathname.split("/").at(-1)}: segue ${line}`));
  }
  expect(wrong).toEqual([]);
  for (const line of ["nonsense", "make --bottom-up", "failed show --force"])
    expect(exists(line)).toBe(false);
});

/** Whether a command line, as a guide shows it, names a command and that command's own options. */
function exists(line: string): boolean {
  const words = line.trim().split(/\s+/);
  if (words.join(" ") === "--version") return true;
  const paths = [2, 1].map((length) => ["segue", ...words.slice(0, length)].join(" "));
  const found = paths.flatMap((path) => commands.find((listed) => listed.path === path) ?? []).at(0);
  const options = words.filter((word) => word.startsWith("--"));
  return (
    found !== undefined && options.every((long) => found.command.options.some((own) => own.long === long))
  );
}

test.each(["describe-configuration", "describe-metrics"])(
  "what %s generates is up to date",
  (script) => {
    const file = fileURLToPath(new URL(`../../../scripts/${script}.ts`, import.meta.url));
    const args = ["--disable-warning=ExperimentalWarning", file, "--check"];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  },
  60_000,
);

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
