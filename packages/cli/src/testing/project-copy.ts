import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** For tests: a project of its own, with the real packages and services linked, and what `new step` edits copied. */
export interface ProjectCopy extends AsyncDisposable {
  readonly path: string;
  /** Links what a folder's manifest names, as pnpm does: nothing else can be imported. */
  link(manifestFolder: string): Promise<void>;
  /** Runs a tool of the project in it. */
  tool(name: string, args: readonly string[]): Promise<{ stdout: string; stderr: string }>;
}

export async function copyProject(): Promise<ProjectCopy> {
  const project = await mkdtemp(join(tmpdir(), "segue-project-"));
  for (const file of ["package.json", "tsconfig.json", "biome.json", "segue.config.ts", "vitest.config.ts"]) {
    await cp(join(root, file), join(project, file));
  }
  await symlink(join(root, "packages"), join(project, "packages"));
  await mkdir(join(project, "services"));
  for (const name of await readdir(join(root, "services"))) {
    await symlink(join(root, "services", name), join(project, "services", name));
  }
  return {
    path: project,
    async link(manifestFolder) {
      const manifest = JSON.parse(await readFile(join(manifestFolder, "package.json"), "utf8"));
      for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
        const folder = name.replace("@segue/", "");
        const candidates = [join(project, "services", folder), join(root, "packages", folder)];
        const workspace = name.startsWith("@segue/");
        const target = workspace ? await firstFolder(candidates) : await installed(name);
        const path = join(manifestFolder, "node_modules", name);
        await mkdir(dirname(path), { recursive: true });
        await symlink(target, path);
      }
    },
    tool: (name, args) => promisify(execFile)(join(root, "node_modules/.bin", name), args, { cwd: project }),
    [Symbol.asyncDispose]: () => rm(project, { recursive: true, force: true }),
  };
}

async function firstFolder(candidates: readonly string[]): Promise<string> {
  for (const folder of candidates) if ((await readdir(folder).catch(() => [])).length > 0) return folder;
  throw new Error(`none of ${candidates.join(", ")} exists`);
}

async function installed(name: string): Promise<string> {
  return firstFolder([join(root, "node_modules", name), join(root, "packages/contracts/node_modules", name)]);
}
