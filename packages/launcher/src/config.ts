import { localNaming } from "@segue/chain";
import { readEnv, sharedVariables } from "@segue/telemetry/env";
import { z } from "zod";

export const environment = z
  .object({
    SEGUE_DRAIN_MS: sharedVariables.drainMs,
    SEGUE_LOCAL_GRANTS: z
      .enum(["off", "enforced"], { error: "expected off or enforced" })
      .default("off")
      .describe(
        "enforced: the local cloud refuses a service what its definition does not grant it, as Google's would",
      ),
    SEGUE_PREFIX: sharedVariables.prefix.default(localNaming.prefix),
  })
  .describe("what starts a fleet on one machine");

/** Beyond the time that a service has for its drain, before it is killed: its process has to begin with it, and to end. */
const graceMs = 3_000;

/** How long a service that was told to stop is waited for, in ms. @throws {ConfigError} */
export function readServiceStopMs(env: Readonly<Record<string, string>>): number {
  return readGiven(env).SEGUE_DRAIN_MS + graceMs;
}

/** Whether services may do what they are granted, and nothing else. @throws {ConfigError} */
export function readGrantsEnforced(env: Readonly<Record<string, string>>): boolean {
  return readGiven(env).SEGUE_LOCAL_GRANTS === "enforced";
}

/** What leads the names of topics and subscriptions: services would find no others. @throws {ConfigError} */
export function readPrefix(env: Readonly<Record<string, string>>): string {
  return readGiven(env).SEGUE_PREFIX;
}

/** Services get what this process has, and what they are given goes before it. */
function readGiven(env: Readonly<Record<string, string>>) {
  return readEnv(environment, { ...process.env, ...env });
}
