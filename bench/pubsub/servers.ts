import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { end, type ServerProcess, spawnEmulator, spawnPubSub } from "../../test/support/pubsub-processes.ts";

/** A Pub/Sub server as a process of its own, as both are used. */
export type BenchServer = {
  readonly name: string;
  readonly port: number;
  /** CPU seconds that the process has used so far; NaN where the system does not tell. */
  cpuSec(): number;
  stop(): Promise<void>;
};

/** Our server, durable in a folder of its own. */
export async function startOurs(): Promise<BenchServer> {
  const dataDir = mkdtempSync(join(tmpdir(), "segue-bench-"));
  return benchServer("ours (durable)", await spawnPubSub(dataDir), () =>
    rmSync(dataDir, { recursive: true }),
  );
}

/** Google's emulator. */
export async function startEmulator(jar: string): Promise<BenchServer> {
  return benchServer("Google's emulator (in memory)", await spawnEmulator(jar), () => {});
}

function benchServer(name: string, server: ServerProcess, cleanUp: () => void): BenchServer {
  return {
    name,
    port: server.port,
    cpuSec: () => processCpuSec(server.process.pid),
    async stop() {
      await end(server, "SIGKILL");
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
