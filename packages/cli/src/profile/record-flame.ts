import { writeFile } from "node:fs/promises";
import { Session } from "node:inspector/promises";

/** Runs work under V8's sampling profiler and writes a `.cpuprofile`: this thread's JavaScript and WebAssembly. */
export async function recordFlame(file: string, work: () => Promise<unknown>): Promise<void> {
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.start");
    await work();
    const { profile } = await session.post("Profiler.stop");
    await writeFile(file, JSON.stringify(profile));
  } finally {
    session.disconnect();
  }
}
