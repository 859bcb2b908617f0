import { ForeignEditionError } from "@segue/contracts";
import { ConfigError } from "@segue/telemetry/env";

/** The fleet has no service of that name. */
export class NoSuchService extends Error {
  override readonly name = "NoSuchService";

  constructor(name: string, there: readonly string[]) {
    super(`no service "${name}"; the fleet has: ${there.join(", ")}`);
  }
}

/** Nothing says who this process is to Google's Pub/Sub, nor that another one is meant. */
export class NoCredentials extends Error {
  override readonly name = "NoCredentials";

  constructor(cause: unknown) {
    super(
      "PUBSUB_EMULATOR_HOST is not set, so Google's Pub/Sub is meant, and there are no credentials for it: set the variables " +
        "that the fleet's other services have (segue up prints them), or GOOGLE_APPLICATION_CREDENTIALS",
      { cause },
    );
  }
}

/** Whether what surrounds a program is wrong, its variables, its fleet or its storage, rather than the program. */
export function isOfSurroundings(error: unknown): boolean {
  const kinds = [ConfigError, NoSuchService, NoCredentials, ForeignEditionError];
  return kinds.some((kind) => error instanceof kind);
}

/** In one line: where in the code it happened helps those who debug, and they can ask for it. */
export function describeFailure(error: unknown, logLevel: string | undefined): string {
  if (!(error instanceof Error)) return String(error);
  const isDebugged = logLevel === "debug" || logLevel === "trace";
  if (isDebugged) return error.stack ?? error.message;
  return (error.message || error.name).replace(/\n\s*/g, "; ");
}

/**
 * As a line of the service's log, for whoever collects those: it is written before there is a log, whatever its level. What does not begin with one of ours is kept by
 * nobody (packages/infra/src/logs.ts).
 */
export function renderFailure(service: string, message: string): string {
  const line = {
    severity: "CRITICAL",
    time: new Date().toISOString(),
    service,
    type: "not-started",
    message,
  };
  return `${JSON.stringify(line)}\n`;
}
