/**
 * Runs a service of a fleet in a container, in the place of the program that it would run from: `built-service.js SERVICE`. What the container is, is
 * in `containers.json` beside that; what the fleet tells its services comes with the environment. It ends as the container does.
 */
import { spawn } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Containers } from "./containers.ts";

const [, program = "", service = ""] = process.argv;
const file = join(dirname(program), "containers.json");
const { rootDir, entrypoint, imageEnv, uid, services }: Containers = JSON.parse(readFileSync(file, "utf8"));
const of = services[service];
if (!of) throw new Error(`expected a service of the fleet, got ${service}`);

const scratch = process.env.SEGUE_SCRATCH_DIR ?? "";
mkdirSync(scratch, { recursive: true });
chownSync(scratch, uid, uid);
const slots = process.env.SEGUE_CPU_SLOTS_SOCKET;
if (slots) chownSync(slots, uid, uid);
// What the fleet says goes before what the chart says, but for where the container has its folders.
const told = of.variables.flatMap((name) =>
  process.env[name] === undefined ? [] : [[name, process.env[name]]],
);
const env = { ...of.env, ...Object.fromEntries(told), SEGUE_HEALTH_PORT: "0", SEGUE_SCRATCH_DIR: "/scratch" };
const bind = (from: string, to: string) => ({
  destination: to,
  type: "bind",
  source: from,
  options: ["rbind", "rw", "nosuid", "nodev"],
});
const dir = mkdtempSync(join(tmpdir(), "segue-container-"));
const bytes = of.memoryMiB * 2 ** 20;
writeFileSync(
  join(dir, "config.json"),
  JSON.stringify({
    ociVersion: "1.0.2",
    process: {
      terminal: false,
      user: { uid, gid: uid },
      args: [...entrypoint, ...of.args],
      env: [...imageEnv, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
      cwd: "/",
      capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
      noNewPrivileges: true,
    },
    root: { path: rootDir, readonly: true },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755", "size=65536k"] },
      {
        destination: "/tmp",
        type: "tmpfs",
        source: "tmpfs",
        options: ["nosuid", "nodev", "mode=1777", "size=65536k"],
      },
      bind(scratch, "/scratch"),
      ...(slots && existsSync(slots) ? [bind(slots, slots)] : []),
    ],
    linux: {
      // The network is the machine's: that is where the local cloud listens.
      namespaces: ["pid", "ipc", "uts", "mount"].map((type) => ({ type })),
      cgroupsPath: `/segue-test/${of.id}`,
      resources: { memory: { limit: bytes, swap: bytes }, devices: [{ allow: false, access: "rwm" }] },
      maskedPaths: ["/proc/kcore", "/proc/keys", "/proc/sysrq-trigger"],
    },
  }),
);
const container = spawn("runc", ["run", "--bundle", dir, of.id], { stdio: ["ignore", "inherit", "inherit"] });
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => container.kill(signal));
container.once("exit", (code) => {
  rmSync(dir, { recursive: true, force: true });
  process.exit(code ?? 1);
});
