/**
 * What each service may do, and nothing else. Of a service of steps it follows from the chain: it hears of what its steps consume, tells
 * of what they make, and sends tasks up and down the chain, where inputs have expired; it reads the payloads of the kinds that its steps
 * consume and make, and writes those that they make.
 */
import {
  type BucketRole,
  bucketRoles,
  deadLetterTopic,
  newsTopic,
  outcomesTopic,
  priorities,
  tasksTopic,
} from "@segue/chain";
import { type Kind, kindsOf, Master } from "@segue/contracts";
import type { ServiceSpec } from "@segue/contracts/fleet-spec";
import {
  type AnyStep,
  isServer,
  type ObjectVerb,
  type ServerDefinition,
  type ServiceDefinition,
} from "@segue/step";
import { type FleetParts, taskServices } from "./fleet-parts.ts";

type Grants = ServiceSpec["grants"];
/** What they follow from. */
type Parts = Pick<FleetParts, "fleet" | "names" | "topology">;

const read = ["get", "list"] as const;
const readAndWrite = ["get", "list", "create", "delete"] as const;

export function grantsOf(parts: Parts, name: string, service: ServiceDefinition): Grants {
  return isServer(service) ? grantsOfServer(parts, name, service) : grantsOfSteps(parts, service.steps);
}

function grantsOfSteps(parts: Parts, steps: readonly AnyStep[]): Grants {
  const { names, fleet } = parts;
  const { chain } = fleet;
  const services = [...new Set(steps.map(({ name }) => chain.serviceOf(name)))];
  return {
    publish: topicsOfSteps(parts, steps).map(names.topic),
    consume: priorities.flatMap((priority) => [
      ...steps.flatMap((step) =>
        chain.triggersOf(step).map((kind) => names.subscription(kind.name, step.name, priority)),
      ),
      ...services.map((service) => names.taskSubscription(service, priority)),
    ]),
    listen: [],
    objects: objectsOfSteps(parts, steps),
    foreignBuckets: null,
    database: null,
  };
}

function topicsOfSteps({ fleet: { chain } }: Parts, steps: readonly AnyStep[]): string[] {
  const makes = new Set(steps.flatMap(kindsOf).map(({ name }) => name));
  const takes = new Set(steps.flatMap(inputsOf).map(({ name }) => name));
  // Their own, for what goes on; of those who make their inputs, to have them made again; of those who wait for what was made again.
  const neighbours = chain.steps.filter(
    (step) =>
      steps.some(({ name }) => name === step.name) ||
      kindsOf(step).some(({ name }) => takes.has(name)) ||
      inputsOf(step).some(({ name }) => makes.has(name)),
  );
  const tasks = new Set(neighbours.map(({ name }) => tasksTopic(chain.serviceOf(name))));
  return [...makes, ...tasks, outcomesTopic, deadLetterTopic, newsTopic];
}

function objectsOfSteps({ names }: Parts, steps: readonly AnyStep[]): Grants["objects"] {
  const made = steps.flatMap(kindsOf).filter(hasPayload);
  const taken = steps.flatMap(inputsOf).filter(hasPayload);
  const kindsIn = (role: BucketRole, kinds: readonly Kind[]) =>
    kinds.filter((kind) => bucketOf(kind) === role).map(({ name }) => name);
  const verbs: Readonly<Record<BucketRole, readonly ObjectVerb[]>> = {
    masters: kindsIn("masters", taken).length > 0 ? read : [],
    // Beside payloads what attempts leave for each other: checkpoints, pieces, stories, claims, holds.
    scratch: readAndWrite,
    assets:
      kindsIn("assets", made).length > 0 ? readAndWrite : kindsIn("assets", taken).length > 0 ? read : [],
    records: readAndWrite,
    // What clients send by themselves is no step's business until it is a master.
    uploads: [],
  };
  return grantObjects(names.bucket, verbs, (role) => kindsIn(role, [...made, ...taken]));
}

function grantsOfServer(parts: Parts, name: string, { access }: ServerDefinition): Grants {
  const { names, topology } = parts;
  // Its chain follows what registers.
  const listen = [names.topic(newsTopic)];
  if (!access) return { publish: [], consume: [], listen, objects: [], foreignBuckets: null, database: null };
  const all = tasksTopic("*");
  const publish = access.publishes.flatMap((topic) =>
    topic === all ? taskServices(parts).map(tasksTopic) : [topic],
  );
  const own = access.consumes.flatMap((topic) =>
    topic.startsWith(tasksTopic(""))
      ? priorities.map((priority) => names.taskSubscription(topic.slice(tasksTopic("").length), priority))
      : [names.subscription(topic, name)],
  );
  const unknown = own.find(
    (subscription) => !topology.subscriptions.some((each) => each.name === subscription),
  );
  if (unknown !== undefined) throw new TypeError(`${name}: access: there is no subscription ${unknown}`);
  return {
    publish: publish.map(names.topic),
    consume: own,
    listen,
    objects: grantObjects(names.bucket, access.objects, () => []),
    foreignBuckets: access.foreignBuckets ?? null,
    database: access.database ?? null,
  };
}

function grantObjects(
  bucket: (role: BucketRole) => string,
  verbs: Readonly<Partial<Record<BucketRole, readonly ObjectVerb[]>>>,
  kinds: (role: BucketRole) => readonly string[],
): Grants["objects"] {
  return bucketRoles
    .filter((role) => (verbs[role] ?? []).length > 0)
    .map((role) => ({
      bucket: bucket(role),
      verbs: [...(verbs[role] ?? [])],
      kinds: [...new Set(kinds(role))],
    }));
}

function inputsOf({ consumes }: AnyStep): readonly Kind[] {
  return Object.values(consumes);
}

function hasPayload({ payload }: Kind): boolean {
  return payload !== null;
}

function bucketOf({ name, retention }: Kind): BucketRole {
  if (name === Master.name) return "masters";
  return retention === "intermediate" ? "scratch" : "assets";
}
