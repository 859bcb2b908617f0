import { loadFleet } from "@segue/step";
import { NoSuchService } from "./service-failure.ts";
import { startService } from "./start-service.ts";

const lingerMs = 500;

/**
 * Runs one service of a fleet until SIGTERM or SIGINT; prints one JSON line when it is ready. Told to stop before that, it ends
 * at once: it has promised nothing, and what it may have pulled comes again.
 *
 * @throws {NoSuchService} {ConfigError} {NoCredentials}
 */
export async function runService(name: string, fleetUrl: string, env: NodeJS.ProcessEnv): Promise<void> {
  const stopping = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => resolve());
  });
  const { services } = await loadFleet(fleetUrl);
  if (!services.has(name)) throw new NoSuchService(name, [...services.keys()]);
  try {
    const service = await Promise.race([startService({ name, fleetUrl, env }), stopping]);
    if (!service) return;
    process.stdout.write(`${JSON.stringify({ ready: name, healthPort: service.healthPort })}\n`);
    await stopping;
    await service.stop();
  } finally {
    // What is left over (a socket to storage that never answers) must not outlive the drain budget; nor may what had
    // started of a service that can't: whoever runs it waits for it to be ready, or to end.
    setTimeout(() => process.exit(), lingerMs).unref();
  }
}
