// The release before this one, from the repository's own history, as a tree that runs.
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));

export interface PreviousRelease extends AsyncDisposable {
  readonly root: string;
}

/** Where releases say which edition's data and messages they read. */
const editionFiles = ["packages/contracts/src/edition.ts", "packages/launcher/src/data-edition.ts"];

/**
 * The commit before the one that is checked out. Undefined where there is none here (an archive, a shallow clone), and where it is of
 * another edition: the two don't read each other's messages, and are not meant to.
 */
export async function findPreviousCommit(): Promise<string | undefined> {
  try {
    const [ours, theirs] = await Promise.all(["HEAD", "HEAD~1"].map(readEdition));
    if (ours !== theirs) return undefined;
    return (await run("git", ["rev-parse", "--verify", "HEAD~1"], { cwd: root })).stdout.trim();
  } catch {
    return undefined;
  }
}

async function readEdition(commit: string): Promise<string | undefined> {
  // Of those it has, each says the same; one that it does not have says nothing.
  const said = editionFiles.map((file) => run("git", ["show", `${commit}:${file}`], { cwd: root }));
  const texts = (await Promise.allSettled(said)).map((each) =>
    each.status === "fulfilled" ? each.value.stdout : "",
  );
  return /const edition = (\d+);/.exec(texts.join("\n"))?.[1];
}

/** Checks a commit out beside this tree and installs it. @param files of this tree that it is to have too. */
export async function checkOut(commit: string, files: readonly string[]): Promise<PreviousRelease> {
  const dir = await mkdtemp(join(tmpdir(), "segue-release-"));
  const tree = join(dir, "tree");
  await run("git", ["worktree", "add", "--detach", tree, commit], { cwd: root });
  await run(process.execPath, [join(tree, "scripts/bootstrap.mjs"), "run", "--version"], { cwd: tree });
  for (const file of files) await cp(join(root, file), join(tree, file));
  return {
    root: tree,
    async [Symbol.asyncDispose]() {
      await run("git", ["worktree", "remove", "--force", tree], { cwd: root });
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** What of an environment a release knows: it refuses variables of ours that it does not. */
export async function variablesKnownTo(
  { root: tree }: PreviousRelease,
  env: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const names = await readFile(join(tree, "packages/telemetry/src/variable-names.ts"), "utf8");
  const known = ([name]: [string, string]) => !name.startsWith("SEGUE_") || names.includes(`"${name}"`);
  return Object.fromEntries(Object.entries(env).filter(known));
}
