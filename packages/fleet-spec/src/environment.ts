import { bucketPrefixOf } from "@segue/chain";
import type { ServiceSpec } from "@segue/contracts/fleet-spec";
import { environment as everyService } from "@segue/host/environment";
import { acceleratorOf, isServer, type ServiceDefinition } from "@segue/step";
import { describeVariables, type VariableDescription } from "@segue/telemetry/describe-variables";
import type { FleetParts } from "./fleet-parts.ts";

type Variables = ServiceSpec["env"];

/** Of probes and metrics; in a container nobody else has it. */
export const healthPort = 8081;
/** Inside a container: clients and probes come from outside. */
const anyAddress = "0.0.0.0";

/** All variables that a service's processes read, and what this fleet has them told. */
export async function describeEnvironment(parts: FleetParts, service: ServiceDefinition): Promise<Variables> {
  const own = isServer(service) ? (service.environment ? [service.environment] : []) : service.environments;
  const schemas = [everyService, ...(await Promise.all(own.map((load) => load())))];
  const found = new Map<string, VariableDescription>();
  for (const schema of schemas)
    for (const variable of describeVariables(schema).variables) found.set(variable.name, variable);
  const values = valuesOf(parts, service, found);
  return [...found.values()]
    .map((variable) => ({ ...variable, value: values.get(variable.name) ?? null }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function valuesOf(
  { naming, placement, fleet }: FleetParts,
  service: ServiceDefinition,
  found: ReadonlyMap<string, VariableDescription>,
): ReadonlyMap<string, string> {
  const accelerator = isServer(service) ? null : acceleratorOf(service);
  const ports = isServer(service) ? (service.ports ?? []) : [];
  return new Map([
    ["GOOGLE_CLOUD_PROJECT", naming.projectId],
    ["SEGUE_PREFIX", naming.prefix],
    ...(naming.newsProjectId === undefined ? [] : ([["SEGUE_NEWS_PROJECT", naming.newsProjectId]] as const)),
    ["SEGUE_BUCKET_PREFIX", bucketPrefixOf(naming)],
    ...(fleet.placements.size > 1 ? ([["SEGUE_PLACEMENT", placement]] as const) : []),
    ["SEGUE_HEALTH_HOST", anyAddress],
    ["SEGUE_HEALTH_PORT", String(healthPort)],
    ...(isServer(service) ? [] : ([["SEGUE_CONCURRENCY", String(service.concurrency)]] as const)),
    ...(accelerator === null ? [] : ([["SEGUE_ACCELERATOR", accelerator]] as const)),
    ...ports.flatMap(({ portVariable, hostVariable }): [string, string][] => [
      [hostVariable, anyAddress],
      [portVariable, found.get(portVariable)?.default ?? ""],
    ]),
  ]);
}

/** @throws {TypeError} where nothing says which port it is. */
export function readPort(env: Variables, name: string): number {
  const port = Number(env.find((variable) => variable.name === name)?.value);
  if (port > 0) return port;
  throw new TypeError(`${name}: expected a variable of a port with a default`);
}
