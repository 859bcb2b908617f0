import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface PulumiProgram extends Disposable {
  /** A copy of `infra/`, with what it depends on; beside it is the rest of the project. */
  readonly path: string;
}

/** Installs 180 MB, beside the project. @throws where the registry does not answer. */
export function installPulumi(): PulumiProgram {
  const dir = mkdtempSync(join(tmpdir(), "segue-infra-"));
  const clean = () => rmSync(dir, { recursive: true, force: true });
  try {
    const path = join(dir, "infra");
    const isOurs = (file: string) => basename(file) !== "node_modules";
    cpSync(join(root, "infra"), path, { recursive: true, filter: isOurs });
    for (const beside of ["packages", "node_modules", "tsconfig.json"])
      symlinkSync(join(root, beside), join(dir, beside));
    // The limit only catches a hang.
    execFileSync("npm", ["ci", "--prefer-offline"], {
      cwd: path,
      timeout: 400_000,
      stdio: ["ignore", "pipe", "pipe"],
    });
    return { path, [Symbol.dispose]: clean };
  } catch (error) {
    clean();
    throw error;
  }
}
