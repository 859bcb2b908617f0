import { execFileSync, spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { runCli } from "../testing/run-cli.ts";

const has = (shell: string) => spawnSync(shell, ["--version"]).status === 0;
for (const shell of ["bash", "zsh", "fish"])
  if (!has(shell)) console.warn(`skipped: completion in ${shell}, which this machine lacks`);

const scriptFor = async (shell: string) => (await runCli(["completion", shell])).stdout;

/** What bash would offer for a command line whose last word is being typed. */
async function complete(...words: string[]): Promise<string[]> {
  const script = `${await scriptFor("bash")}
COMP_WORDS=(segue ${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length}
_segue
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync("bash", ["-c", script], { encoding: "utf8", cwd: "/" });
  return out.split("\n").filter((word) => word !== "");
}

test.skipIf(!has("bash"))("bash completes commands, subcommands, options and values", async () => {
  expect(await complete("pl")).toEqual(["plan"]);
  expect(await complete("failed", "re")).toEqual(["reproduce"]);
  expect(await complete("failed", "show", "--j")).toEqual(["--json"]);
  expect(await complete("make", "--st")).toEqual(["--state"]);
  expect(await complete("tracks", "--state", "pa")).toEqual(["partial"]);
  expect(await complete("make", "--json", "pa")).toEqual(["pause"]);
  // Files where nothing else fits.
  expect(await complete("add", "/et")).toEqual(["/etc"]);
});

test.skipIf(!has("zsh"))("zsh reads its script", async () => {
  execFileSync("zsh", ["-c", `autoload -U compinit && compinit -u -d /dev/null\n${await scriptFor("zsh")}`]);
});

test.skipIf(!has("fish"))("fish reads its script and completes", async () => {
  const script = `${await scriptFor("fish")}\ncomplete -C 'segue pl'`;
  expect(execFileSync("fish", ["-c", script], { encoding: "utf8" })).toContain("plan");
});

test("another shell is refused with those that there are", async () => {
  const { code, stderr } = await runCli(["completion", "tcsh"]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("bash, zsh, fish")]);
});
