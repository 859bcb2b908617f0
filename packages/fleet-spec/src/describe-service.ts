import { kindsOf } from "@segue/contracts";
import type { ServiceSpec } from "@segue/contracts/fleet-spec";
import { transferFlags } from "@segue/host/node-flags";
import {
  type AnyStep,
  acceleratorOf,
  isServer,
  resourcesOf,
  type Scaling,
  type ServerDefinition,
  type ServiceDefinition,
  type StepService,
} from "@segue/step";
import { describeEnvironment, healthPort, readPort } from "./environment.ts";
import type { FleetParts } from "./fleet-parts.ts";
import { grantsOf } from "./grants.ts";

/** Beyond the drain, before SIGKILL: a process has to begin with it, and to end. */
const graceSec = 3;

export async function describeService(
  parts: FleetParts,
  name: string,
  service: ServiceDefinition,
): Promise<ServiceSpec> {
  const env = await describeEnvironment(parts, service);
  const grants = grantsOf(parts, name, service);
  const drainSec = Number(env.find((variable) => variable.name === "SEGUE_DRAIN_MS")?.default) / 1_000;
  return {
    name,
    ...(isServer(service) ? describeServer(service, grants) : describeSteps(parts, service, grants)),
    grants,
    command: ["service", name],
    nodeFlags: [...transferFlags],
    env,
    ports: [
      { name: "health", port: healthPort, speaks: "http", variable: "SEGUE_HEALTH_PORT" },
      ...portsOf(service).map(({ name: port, speaks, portVariable }) => ({
        name: port,
        port: readPort(env, portVariable),
        speaks,
        variable: portVariable,
      })),
    ],
    probes: { port: "health", liveness: "/healthz", readiness: "/readyz", metrics: "/metrics" },
    shutdown: { drainSec, graceSec: Math.ceil(drainSec) + graceSec },
  };
}

type Grants = ServiceSpec["grants"];
type Own = Pick<ServiceSpec, "runs" | "steps" | "concurrency" | "resources" | "scaling">;

function describeSteps(parts: FleetParts, service: StepService, { consume }: Grants): Own {
  const hosted = new Set(service.steps.map((step) => step.name));
  return {
    runs: "steps",
    steps: parts.fleet.chain.steps
      .filter((step) => hosted.has(step.name))
      .map((step) => describeStep(parts, service, step)),
    concurrency: service.concurrency,
    resources: { ...resourcesOf(service), accelerator: acceleratorOf(service) },
    scaling: describeScaling(service.scaling, consume),
  };
}

function describeStep({ fleet: { chain } }: FleetParts, { attempts }: StepService, step: AnyStep) {
  const { name, version, budget, accelerator } = step;
  const attempt = attempts.get(name);
  if (!attempt) throw new TypeError(`${name}: its service says nothing of it`);
  return {
    name,
    version,
    service: chain.serviceOf(name),
    consumes: [...new Set(Object.values<{ name: string }>(step.consumes).map((kind) => kind.name))],
    produces: kindsOf(step).map((kind) => kind.name),
    budget: { ...budget },
    accelerator,
    attempt: { ...attempt },
  };
}

function describeServer(server: ServerDefinition, { consume }: Grants): Own {
  const { cores = 1, memoryMiB = null, scratchMiB = null } = server.resources ?? {};
  return {
    runs: "server",
    steps: [],
    concurrency: null,
    resources: { cores, memoryMiB, scratchMiB, accelerator: null },
    scaling: describeScaling(
      server.scaling ?? { minReplicas: 1, maxReplicas: null, by: { measure: "cpu", utilization: 0.6 } },
      consume,
    ),
  };
}

function describeScaling(
  { by, ...limits }: Scaling,
  subscriptions: readonly string[],
): ServiceSpec["scaling"] {
  return {
    ...limits,
    by: by.measure === "backlog" ? { ...by, subscriptions: [...subscriptions] } : { ...by },
  };
}

function portsOf(service: ServiceDefinition) {
  return isServer(service) ? (service.ports ?? []) : [];
}
