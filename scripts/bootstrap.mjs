// Plain JavaScript for the host's Node (>= 18): installs what is missing, then hands over to the Node that
// the project brings along. `node scripts/bootstrap.mjs start|test|check|run FILE [ARG ...]`
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, "node_modules", ".bin");
const stampFile = join(root, "node_modules", ".segue-installed");
const exe = (name) => join(bin, process.platform === "win32" ? `${name}.cmd` : name);

/** Every file that decides what is installed: the lockfile and each workspace manifest. */
function installInputs() {
  const manifests = ["packages", "services", "examples"].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(root, group, name, "package.json")),
  );
  const top = [
    "package.json",
    "pnpm-workspace.yaml",
    "pnpm-lock.yaml",
    "test/package.json",
    "bench/package.json",
  ];
  return [...top.map((file) => join(root, file)), ...manifests.sort()].filter((file) => existsSync(file));
}

function digestInputs() {
  const hash = createHash("sha256");
  for (const file of installInputs()) hash.update(file.slice(root.length)).update(readFileSync(file));
  return hash.digest("hex");
}

/** Installs through pnpm unless the last install saw the very same manifests: a second run needs no network. */
function install() {
  const digest = digestInputs();
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === digest && existsSync(exe("node"))) return;
  console.error("segue: installing dependencies (first run, or they changed) ...");
  console.error(
    "segue: warnings of an unsupported engine are about this Node; what is installed runs on its own.",
  );
  const args = ["--yes", "pnpm@12", "install", "--prefer-offline", "--reporter=append-only"];
  if (process.env.CI) args.push("--frozen-lockfile");
  const { status, error } = spawnSync("npx", args, {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (status !== 0) {
    console.error(
      `segue: installing dependencies failed (${error?.message ?? `pnpm exited with ${status}`}).`,
    );
    console.error(
      "segue: the first run needs the npm registry; run the same command again once it is reachable.",
    );
    process.exit(status ?? 1);
  }
  writeFileSync(stampFile, digestInputs());
}

/** npm hands SIGTERM to the shell between us, which dies of it and tells nobody. */
function onParentGone(tell) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    tell();
  }, 250);
  timer.unref();
}

/** Runs a command under the project's own Node and passes its signals and exit status through. */
function handOver(command, args) {
  // stdio is inherited, so Ctrl-C reaches the child by itself; this process only has to outlive it.
  const env = {
    ...process.env,
    PATH: `${bin}${process.platform === "win32" ? ";" : ":"}${process.env.PATH}`,
    // A process of the fleet starts with 0.1 s of CPU less, of 0.75, once it finds compiled what others had to compile.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, "node_modules", ".cache", "node"),
  };
  const child = spawn(command, args, { stdio: "inherit", env });
  process.on("SIGINT", () => {});
  process.on("SIGHUP", () => child.kill("SIGHUP"));
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  if (process.env.npm_lifecycle_event) onParentGone(() => child.kill("SIGTERM"));
  child.on("error", (error) => {
    console.error(`segue: could not start ${command}: ${error.message}`);
    process.exit(1);
  });
  child.on("exit", (code, signal) =>
    process.exit(signal ? 128 + (signal === "SIGINT" ? 2 : 15) : (code ?? 1)),
  );
}

const nodeFlags = ["--disable-warning=ExperimentalWarning"];
const [mode = "start", ...rest] = process.argv.slice(2);
install();
switch (mode) {
  case "start":
    handOver(exe("node"), [...nodeFlags, join(root, "packages/cli/src/main.ts"), "start", ...rest]);
    break;
  case "run":
    handOver(exe("node"), [...nodeFlags, ...rest]);
    break;
  case "test":
    handOver(exe("vitest"), ["run", ...rest]);
    break;
  case "check":
    for (const name of [
      "check:types",
      "check:lint",
      "check:syntax",
      "check:dependencies",
      "check:lengths",
      "check:configuration",
      "check:operations",
      "check:alerts",
    ]) {
      const { status } = spawnSync("npm", ["run", "--silent", name], { cwd: root, stdio: "inherit" });
      if (status !== 0) process.exit(status ?? 1);
    }
    break;
  default:
    console.error(`segue: unknown mode "${mode}": expected start, test, check or run`);
    process.exit(2);
}
