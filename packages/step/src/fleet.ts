import { type Chain, createChain } from "@segue/chain";
import type { AnyStep } from "./define-step.ts";
import type { ServerDefinition } from "./service.ts";

/** A service of the fleet: a server, or the steps that one deployable runs. */
export type ServiceDefinition = ServerDefinition | readonly AnyStep[];

/** The one list of services. Everything else (chain, topics, processes, charts, docs) derives from it. */
export interface Fleet {
  readonly services: ReadonlyMap<string, ServiceDefinition>;
  readonly chain: Chain<AnyStep>;
}

/**
 * Makes a fleet of named services: arrays of steps, and servers.
 *
 * @throws {ChainError} if the steps contradict each other.
 */
export function defineFleet(services: Readonly<Record<string, ServiceDefinition>>): Fleet {
  const hosted = Object.entries(services).flatMap(([name, service]) =>
    isServer(service) ? [] : service.map((step) => ({ name, step })),
  );
  const hosts = new Map(hosted.map(({ name, step }) => [step.name, name]));
  const chain = createChain(
    hosted.map(({ step }) => step),
    hosts,
  );
  return { services: new Map(Object.entries(services)), chain };
}

export function isServer(service: ServiceDefinition): service is ServerDefinition {
  return !Array.isArray(service);
}

/** Imports the module that exports a fleet by default, as `segue.config.ts` does. */
export async function loadFleet(url: string): Promise<Fleet> {
  const module: { default?: unknown } = await import(url);
  const fleet = module.default;
  if (typeof fleet === "object" && fleet !== null && "services" in fleet && "chain" in fleet)
    return fleet as Fleet;
  throw new TypeError(
    `${url}: expected a fleet as its default export (see defineFleet), got ${typeof fleet}`,
  );
}
