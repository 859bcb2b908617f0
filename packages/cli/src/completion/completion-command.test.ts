import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listCommands } from "../list-commands.ts";
import { createProgram } from "../program.ts";
import { runCli } from "../testing/run-cli.ts";

const { stdout, stderr } = process;
const program = createProgram({ config: { cwd: "/", env: {} }, stdout, stderr, onExitCode() {} });

type Shell = "bash" | "zsh" | "fish";
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "segue-completion-"));
  writeFileSync(join(folder, "a song.mp3"), "");
  mkdirSync(join(folder, "albums"));
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, stdout: script } = await runCli(["completion", shell]);
    expect(code).toBe(0);
    writeFileSync(join(folder, `segue.${shell}`), script);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function isHere(shell: Shell): boolean {
  const here = spawnSync(shell, ["-c", "exit 0"]).status === 0;
  if (!here) process.stderr.write(`${shell} is not installed: its completion is not tested\n`);
  return here;
}

/** What a shell offers for a line, of which the last word is where the cursor is. */
const complete: Record<Shell, (...line: readonly string[]) => string[]> = {
  // Bash itself calls the function for a line that is typed; COMP_WORDS is how it tells it.
  bash: (...line) =>
    run(
      "bash",
      ["--norc", "--noprofile", "-c"],
      `source segue.bash; [[ $(complete -p segue) == "complete -F _segue segue" ]] || exit 9
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _segue; printf '%s\\n' "\${COMPREPLY[@]}"`,
      line,
    ),
  // The functions that zsh's completion system brings stand in their simplest form: they filter and print.
  zsh: (...line) =>
    run(
      "zsh",
      ["-f", "-c"],
      `compdef() { }
compset() { cur=\${cur#*=} }
compadd() { shift; local word; for word in "$@"; do [[ $word != "$cur"* ]] || print -r -- $word; done }
_describe() { compadd -- "\${(@)\${(@P)argv[-1]}%%:*}" }
_files() { if [[ $1 == -/ ]]; then print -rl -- *(/N); else print -rl -- *(N); fi }
source ./segue.zsh; words=("$@"); CURRENT=$#; _segue`,
      line,
    ),
  fish: (...line) =>
    run("fish", ["--no-config", "-c"], 'source segue.fish; complete -C "$argv"', [line.join(" ")]).map(
      (offered) => offered.split("\t", 1)[0] ?? "",
    ),
};

function run(shell: Shell, flags: readonly string[], script: string, line: readonly string[]): string[] {
  const args = [...flags, script, ...(shell === "fish" ? [] : [shell]), ...line];
  const output = execFileSync(shell, args, { cwd: folder, encoding: "utf8" });
  return output.split("\n").filter((offered) => offered !== "");
}

describe.each<Shell>(["bash", "zsh", "fish"])("%s", (shell) => {
  const offer = complete[shell];
  const here = isHere(shell);

  test.skipIf(!here)("offers every command, and subcommands after theirs", () => {
    const names = program.commands.map((command) => command.name());
    expect(offer("segue", "").sort()).toEqual(names.sort());
    expect(offer("segue", "fa")).toEqual(["failed"]);
    expect(offer("segue", "failed", "").sort()).toEqual(["reproduce", "show"]);
    expect(offer("segue", "make", "p")).toEqual(["pause"]);
    expect(offer("segue", "nonsense", "")).toEqual([]);
  });

  test.skipIf(!here)("offers every option of every command", () => {
    for (const { path, command } of listCommands(program)) {
      const options = [...command.options.map(({ long }) => long), "--help"];
      expect([path, offer(...path.split(" "), "--").sort()]).toEqual([path, options.sort()]);
    }
  });

  test.skipIf(!here)("offers an option's choices, and an argument's", () => {
    expect(offer("segue", "graph", "--format", "").sort()).toEqual(["mermaid", "svg", "text"]);
    expect(offer("segue", "graph", "--json", "--format", "s")).toEqual(["svg"]);
    expect(offer("segue", "completion", "").sort()).toEqual(["bash", "fish", "zsh"]);
    expect(offer("segue", "completion", "bash", "")).toEqual([]);
    expect(offer("segue", "status", "--limit", "")).toEqual([]);
  });

  test.skipIf(!here)("takes an option's value for what it is, not for a command", () => {
    expect(offer("segue", "failed", "--api", "show", "s")).toEqual(["show"]);
    expect(offer("segue", "failed", "--api", "show", "--a")).toEqual(["--api"]);
  });

  test.skipIf(!here)("offers files and folders where they are expected", () => {
    const song = "a song.mp3";
    expect(offer("segue", "run", "tempo", "").map(strip)).toEqual(expect.arrayContaining([song]));
    expect(offer("segue", "add", "one.mp3", "").map(strip)).toEqual(expect.arrayContaining([song, "albums"]));
    expect(offer("segue", "up", "--data", "").map(strip)).toEqual(["albums"]);
    expect(offer("segue", "run", "")).toEqual([]);
  });
});

const strip = (path: string) => path.replace(/\/$/, "");

test.skipIf(!isHere("bash"))(
  "bash takes --option=value and URLs apart, and the script puts up with it",
  () => {
    expect(complete.bash("segue", "graph", "--format", "=", "m")).toEqual(["mermaid"]);
    expect(complete.bash("segue", "graph", "--format", "=").sort()).toEqual(["mermaid", "svg", "text"]);
    const url = ["http", ":", "//127.0.0.1", ":", "8080"];
    expect(complete.bash("segue", "failed", "--api", ...url, "sh")).toEqual(["show"]);
    expect(complete.bash("segue", "failed", "--api", "http", ":")).toEqual([]);
  },
);

test.skipIf(!isHere("zsh"))("zsh completes what follows --option=", () => {
  expect(complete.zsh("segue", "graph", "--format=m")).toEqual(["mermaid"]);
});

test("a shell that is not known, or none, is a wrong command line", async () => {
  const unknown = await runCli(["completion", "tcsh"]);
  expect(unknown).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("bash, zsh, fish") });
  expect(await runCli(["completion"])).toMatchObject({ code: 2, stdout: "" });
});
