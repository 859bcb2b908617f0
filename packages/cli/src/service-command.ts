import { startService } from "@segue/step/runner";

/** Runs one service of a fleet until SIGTERM or SIGINT; prints one JSON line when it is ready. */
export async function runService(name: string, fleetUrl: string, env: NodeJS.ProcessEnv): Promise<void> {
  const stopping = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => resolve());
  });
  const service = await startService({ name, fleetUrl, env });
  process.stdout.write(`${JSON.stringify({ ready: name, healthPort: service.healthPort })}\n`);
  await stopping;
  await service.stop();
}
