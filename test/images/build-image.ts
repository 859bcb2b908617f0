// The image as `images/Dockerfile` has it, on a base that is made here: Debian, and this Node.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const suite = "trixie";
const mirror = process.env.DEBIAN_MIRROR ?? "http://deb.debian.org/debian";

export interface BuiltImage extends Disposable {
  /** Its files, read-only for whoever runs it. */
  readonly rootDir: string;
  readonly entrypoint: readonly string[];
  readonly user: string;
  readonly env: readonly string[];
  /** As a registry has it, in bytes. */
  readonly compressedBytes: number;
}

export function buildImage(): BuiltImage {
  const dir = mkdtempSync(join(tmpdir(), "segue-image-"));
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, {
      encoding: "utf8",
      cwd: root,
      maxBuffer: 2 ** 26,
      stdio: ["ignore", "pipe", "inherit"],
    }).trim();
  const buildah = (...args: string[]) =>
    run(
      "buildah",
      "--root",
      join(dir, "storage"),
      "--runroot",
      join(dir, "run"),
      "--storage-driver",
      "vfs",
      ...args,
    );
  const clean = () => rmSync(dir, { recursive: true, force: true });
  try {
    const build = join(dir, "dist");
    run(process.execPath, "--disable-warning=ExperimentalWarning", "scripts/build.ts", "--out", build);
    const base = join(dir, "base");
    run("mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates", suite, base, mirror);
    mkdirSync(join(base, "usr/local/bin"), { recursive: true });
    cpSync(process.execPath, join(base, "usr/local/bin/node"), { dereference: true });
    const scratch = buildah("from", "scratch");
    buildah("add", "--quiet", scratch, base, "/");
    buildah("config", "--env", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", scratch);
    buildah("commit", "--quiet", "--rm", scratch, "segue-base");
    rmSync(base, { recursive: true });
    const isolation = ["--isolation", "chroot"];
    buildah(
      "build",
      ...isolation,
      "--quiet",
      "--build-arg",
      "BASE=localhost/segue-base",
      "--file",
      "images/Dockerfile",
      "--tag",
      "segue",
      build,
    );
    const container = buildah("from", "--pull-never", "localhost/segue");
    const { Entrypoint, User, Env } = JSON.parse(buildah("inspect", "--type", "image", "segue")).OCIv1.config;
    buildah("push", "--quiet", "segue", `oci-archive:${join(dir, "segue.tar")}`);
    const compressedBytes = Number(run("stat", "--format", "%s", join(dir, "segue.tar")));
    return {
      rootDir: buildah("mount", container),
      entrypoint: Entrypoint,
      user: User,
      env: Env,
      compressedBytes,
      [Symbol.dispose]: clean,
    };
  } catch (error) {
    clean();
    throw error;
  }
}
