import {
  createNames,
  deadLetterTopic,
  deriveTopology,
  type Naming,
  newsProjectOf,
  newsTopic,
  outcomesTopic,
  tasksTopic,
  tracksTopic,
} from "@segue/chain";
import { type FleetSpec, fleetSpecVersion } from "@segue/contracts/fleet-spec";
import type { Fleet } from "@segue/step";
import { describeAccounts } from "./describe-accounts.ts";
import { describeService } from "./describe-service.ts";
import { type FleetParts, taskServices } from "./fleet-parts.ts";

/**
 * A fleet as data.
 *
 * @param fleet in the placement that is named, but for its accounts, which are those of all; of its code's steps alone: those that are plugged in beside it are in the specs of fleets
 * that list them.
 */
export async function describeFleet(fleet: Fleet, naming: Naming, placement: string): Promise<FleetSpec> {
  const names = createNames(naming);
  const topology = deriveTopology(fleet.chain, names);
  const parts: FleetParts = { fleet, naming, placement, names, topology };
  const services = [...fleet.services].map(([name, service]) => describeService(parts, name, service));
  return {
    v: fleetSpecVersion,
    project: naming.projectId,
    prefix: naming.prefix,
    newsProject: newsProjectOf(naming),
    placement,
    placements: [...fleet.placements.keys()],
    services: await Promise.all(services),
    accounts: describeAccounts(parts),
    topics: describeTopics(parts),
    subscriptions: topology.subscriptions.map((spec) => ({
      ...spec,
      retry: { ...spec.retry },
      deadLetter: spec.deadLetter && { ...spec.deadLetter },
      neverExpires: true,
    })),
    buckets: topology.buckets.map((bucket) => ({
      ...bucket,
      storageClass: "STANDARD",
      location: "with-workers",
    })),
    queueAgent: {
      publish: [names.topic(deadLetterTopic)],
      consume: topology.subscriptions.flatMap(({ name, deadLetter }) => (deadLetter ? [name] : [])),
    },
  };
}

function describeTopics(parts: FleetParts): FleetSpec["topics"] {
  const { names, topology, fleet } = parts;
  type Carried = Omit<FleetSpec["topics"][number], "name">;
  const carried = new Map<string, Carried>([
    ...fleet.chain.kinds.map(({ name }): [string, Carried] => [name, { carries: "facts", of: name }]),
    ...taskServices(parts).map((of): [string, Carried] => [tasksTopic(of), { carries: "tasks", of }]),
    [outcomesTopic, { carries: "outcomes", of: null }],
    [tracksTopic, { carries: "tracks", of: null }],
    [deadLetterTopic, { carries: "dead-letters", of: null }],
    [newsTopic, { carries: "news", of: null }],
  ]);
  const byName = new Map([...carried].map(([topic, what]) => [names.topic(topic), what]));
  return topology.topics.map((name) => {
    const what = byName.get(name);
    if (!what) throw new TypeError(`topic ${name}: nobody says what it carries`);
    return { name, ...what };
  });
}
