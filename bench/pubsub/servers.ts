import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";

/** A Pub/Sub server as a process of its own, as both are used. */
export type BenchServer = {
  readonly name: string;
  readonly port: number;
  /** CPU seconds that the process has used so far; NaN where the system does not tell. */
  cpuSec(): number;
  stop(): Promise<void>;
};

const PUBSUB_MAIN = join(import.meta.dirname, "../../packages/local-cloud/src/pubsub-main.ts");

function benchServer(name: string, port: number, child: ChildProcess, cleanUp: () => void): BenchServer {
  return {
    name,
    port,
    cpuSec: () => processCpuSec(child.pid),
    async stop() {
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
      cleanUp();
    },
  };
}

/** utime + stime of /proc/PID/stat, in the kernel's ticks of 10 ms. */
function processCpuSec(pid: number | undefined): number {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return Number.NaN;
  const fields = readFileSync(file, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Our server, durable in a folder of its own. */
export async function startOurs(): Promise<BenchServer> {
  const dataDir = mkdtempSync(join(tmpdir(), "segue-bench-"));
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", PUBSUB_MAIN], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, SEGUE_PUBSUB_PORT: "0", SEGUE_DATA_DIR: dataDir },
  });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const port = Number(/"port":(\d+)/.exec(String(line))?.[1]);
  return benchServer("ours (durable)", port, child, () => rmSync(dataDir, { recursive: true }));
}

function emulatorJar(): string | null {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const gcloud = join(folder, "gcloud");
    if (!existsSync(gcloud)) continue;
    const lib = join(dirname(dirname(realpathSync(gcloud))), "platform/pubsub-emulator/lib");
    const jar = existsSync(lib) ? readdirSync(lib).find((name) => name.endsWith("-all.jar")) : undefined;
    return jar ? join(lib, jar) : null;
  }
  return null;
}

/** Google's emulator, or null where it is not installed. */
export async function startEmulator(): Promise<BenchServer | null> {
  const jar = emulatorJar();
  if (jar === null) return null;
  execFileSync("java", ["-version"], { stdio: "ignore" });
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const child = spawn("java", ["-jar", jar, "--host=localhost", `--port=${port}`], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  await new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        if (line.includes("Server started")) resolve();
      });
    }
  });
  return benchServer("Google's emulator (in memory)", port, child, () => {});
}
