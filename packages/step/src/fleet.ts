import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Chain, createChain } from "@segue/chain";
import type { AnyStep } from "./define-step.ts";
import type { ServerDefinition, ServiceDefinition, Services } from "./service.ts";
import { defineService, joinServices } from "./step-service.ts";

/** As a fleet lists it: steps alone are a service that says nothing of what it takes. */
export type ListedService = ServiceDefinition | readonly AnyStep[];

/** What runs where. */
export interface PlacedFleet {
  readonly services: Services;
  readonly chain: Chain<AnyStep>;
}

/** The one list of services. Everything else (chain, topics, processes, charts, docs) derives from it. */
export interface Fleet extends PlacedFleet {
  /** What else may run where, by name; `default` is how services are listed. Topics, addresses and results are the same in all. */
  readonly placements: ReadonlyMap<string, Services>;
}

export const defaultPlacement = "default";

/**
 * Makes a fleet of named services: of steps (`defineService`, or steps alone), and servers.
 *
 * @param placements other ways to place them, one of which `SEGUE_PLACEMENT` names: for each service that hosts the steps of several, the
 * names of those. Steps that are hosted together and feed each other are run in one attempt, which hands on what they make without a hop.
 * @throws {ChainError} if the steps contradict each other.
 * @throws {TypeError} if a placement names what is no service of steps, one twice, or its own by the name of another one.
 */
export function defineFleet<S extends Readonly<Record<string, ListedService>>>(
  services: S,
  placements: Readonly<Record<string, Readonly<Record<string, readonly (keyof S & string)[]>>>> = {},
): Fleet {
  const listed: Services = new Map(
    Object.entries(services).map(([name, service]) => [
      name,
      isSteps(service) ? defineService({ steps: service }) : service,
    ]),
  );
  const hosted = [...listed].flatMap(([name, service]) =>
    isServer(service) ? [] : service.steps.map((step) => ({ name, step })),
  );
  const hosts = new Map(hosted.map(({ name, step }) => [step.name, name]));
  const chain = createChain(
    hosted.map(({ step }) => step),
    hosts,
  );
  const placed = Object.entries(placements).map(
    ([name, groups]) => [name, place(listed, name, groups)] as const,
  );
  return { services: listed, chain, placements: new Map([[defaultPlacement, listed], ...placed]) };
}

function place(
  listed: Services,
  placement: string,
  groups: Readonly<Record<string, readonly string[]>>,
): Services {
  const left = new Map(listed);
  const placed = Object.entries(groups).map(([group, names]) => {
    const hosted = names.map((name) => {
      const service = left.get(name);
      if (!service || isServer(service))
        throw new TypeError(
          `placement ${placement}: ${group}: expected services of steps that are left (${stepServices(left)}), got ${name}`,
        );
      left.delete(name);
      return service;
    });
    return [group, joinServices(hosted)] as const;
  });
  const taken = placed.find(([group]) => left.has(group));
  if (taken) throw new TypeError(`placement ${placement}: there is a service ${taken[0]} already`);
  return new Map([...left, ...placed]);
}

function stepServices(services: Services): string {
  return [...services].flatMap(([name, service]) => (isServer(service) ? [] : [name])).join(", ");
}

export function isServer(service: ServiceDefinition): service is ServerDefinition {
  return "start" in service;
}

function isSteps(service: ListedService): service is readonly AnyStep[] {
  return Array.isArray(service);
}

/**
 * Imports the module that exports a fleet by default, as `segue.config.ts` does.
 *
 * @param env `SEGUE_PLACEMENT` names the placement, where there are several.
 * @throws {TypeError} for a module that exports none, or a placement that it does not have.
 */
export async function loadFleet(url: string, env: NodeJS.ProcessEnv = process.env): Promise<Fleet> {
  const file = url.startsWith("file:") ? fileURLToPath(url) : undefined;
  if (file !== undefined && !existsSync(file))
    throw new TypeError(`${file}: expected the module of a fleet; there is no such file`);
  const module: { default?: unknown } = await import(url);
  const fleet = module.default;
  if (!isFleet(fleet))
    throw new TypeError(
      `${url}: expected a fleet as its default export (see defineFleet), got ${typeof fleet}`,
    );
  const { placements, chain } = fleet;
  // A plug-in's own fleet, beside another one's placement, has nothing to choose from.
  const name = placements.size > 1 ? (env.SEGUE_PLACEMENT ?? defaultPlacement) : defaultPlacement;
  const services = placements.get(name);
  if (!services)
    throw new TypeError(
      `SEGUE_PLACEMENT: expected a placement of ${url} (${[...placements.keys()].join(", ")}), got ${name}`,
    );
  return { services, chain, placements };
}

function isFleet(value: unknown): value is Fleet {
  return typeof value === "object" && value !== null && "services" in value && "placements" in value;
}
