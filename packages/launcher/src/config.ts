import { readEnv, sharedVariables } from "@segue/telemetry/env";
import { z } from "zod";

export const environment = z
  .object({ SEGUE_DRAIN_MS: sharedVariables.drainMs })
  .describe("what starts a fleet on one machine");

/** Beyond the time that a service has for its drain, before it is killed: its process has to begin with it, and to end. */
const graceMs = 3_000;

/** How long a service that was told to stop is waited for, in ms. @throws {ConfigError} */
export function readServiceStopMs(env: Readonly<Record<string, string>>): number {
  return readEnv(environment, { ...process.env, ...env }).SEGUE_DRAIN_MS + graceMs;
}
