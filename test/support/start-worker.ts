import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

const main = new URL("../../packages/cli/src/main.ts", import.meta.url).pathname;

/**
 * A worker of a service that a running fleet knows nothing of, once it is ready.
 *
 * @param fleetUrl its own fleet.
 * @param env of the fleet that runs.
 */
export async function startWorker(
  service: string,
  fleetUrl: string,
  env: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const worker = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", main, "service", service, "--fleet", fleetUrl],
    { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] },
  );
  if (worker.stdout) await once(worker.stdout, "data");
  return worker;
}
