// The image as `images/Dockerfile` has it, on a base that is made here: Debian, and this Node.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const suite = "trixie";
const mirror = process.env.DEBIAN_MIRROR ?? "http://deb.debian.org/debian";

/** How an image is started. */
interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly user: string;
  readonly env: readonly string[];
}

export interface BuiltImage extends ImageConfig, Disposable {
  /** Its files, read-only for whoever runs it. */
  readonly rootDir: string;
  /** Of that for GPUs, as far as it can be made without NVIDIA's libraries. */
  readonly forGpu: ImageConfig;
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
    const built = join(dir, "dist");
    run(process.execPath, "--disable-warning=ExperimentalWarning", "scripts/build.ts", "--out", built);
    const base = join(dir, "base");
    run("mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates", suite, base, mirror);
    mkdirSync(join(base, "usr/local/bin"), { recursive: true });
    cpSync(process.execPath, join(base, "usr/local/bin/node"), { dereference: true });
    const scratch = buildah("from", "scratch");
    buildah("add", "--quiet", scratch, base, "/");
    buildah("config", "--env", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", scratch);
    buildah("commit", "--quiet", "--rm", scratch, "segue-base");
    rmSync(base, { recursive: true });
    const build = (file: string, tag: string, context: string, given: Record<string, string>) => {
      const options = Object.entries(given).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
      const from = ["--file", `images/${file}`, "--tag", tag, context];
      buildah("build", "--isolation", "chroot", "--quiet", ...options, ...from);
    };
    const configOf = (tag: string): ImageConfig => {
      const { Entrypoint, User, Env } = JSON.parse(buildah("inspect", "--type", "image", tag)).OCIv1.config;
      return { entrypoint: Entrypoint, user: User, env: Env };
    };
    const BASE = "localhost/segue-base";
    build("Dockerfile", "segue", built, { BASE });
    build("gpu.Dockerfile", "segue-gpu", "images", { FLEET: "localhost/segue", BACKEND: "wasm", BASE });
    const container = buildah("from", "--pull-never", "localhost/segue");
    buildah("push", "--quiet", "segue", `oci-archive:${join(dir, "segue.tar")}`);
    const compressedBytes = Number(run("stat", "--format", "%s", join(dir, "segue.tar")));
    return {
      rootDir: buildah("mount", container),
      ...configOf("segue"),
      forGpu: configOf("segue-gpu"),
      compressedBytes,
      [Symbol.dispose]: clean,
    };
  } catch (error) {
    clean();
    throw error;
  }
}
