import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";

const probedBytes = 1024 * 1024;
/** Only something that hangs takes so long. */
const childMs = 60_000;

/**
 * Does what attempts need of a machine: writes a file and has the disk confirm it, and starts a child.
 * @throws what the machine said.
 */
export async function probeMachine(scratchDir: string): Promise<void> {
  // Something tidies temporary folders on many machines.
  await mkdir(scratchDir, { recursive: true });
  const path = join(scratchDir, `probe-${process.pid}`);
  const file = await open(path, "w");
  try {
    await file.writeFile(Buffer.alloc(probedBytes, 1));
    await file.sync();
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
  const child = spawn(process.execPath, ["--version"], {
    stdio: "ignore",
    env: {},
    timeout: childMs,
    killSignal: "SIGKILL",
  });
  const [code, signal] = await once(child, "exit");
  if (code !== 0) throw new Error(`a child that only tells its version ended with ${code ?? signal}`);
}
