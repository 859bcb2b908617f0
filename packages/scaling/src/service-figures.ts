import {
  messagesAtOnce,
  resourcesOf,
  type Scaling,
  type ServerDefinition,
  type ServerWork,
  type StepService,
} from "@segue/step";
import { besideSec, type ReplicaSettings } from "./wanted-replicas.ts";

/** Of a step that has not been measured, and whose service says nothing. */
const unknownCpuSec = 1;

/** CPU-seconds of an attempt, as the service of the step declares them. */
export function declaredCpuSec({ attempts }: StepService, step: string): number {
  return attempts.get(step)?.cpuSec ?? unknownCpuSec;
}

/** By which a service is scaled; undefined where that is not by what waits for it. */
export function replicaSettings(service: StepService): ReplicaSettings | undefined {
  const slots = messagesAtOnce(service.concurrency, service.steps);
  return settingsOf(service.scaling, { slots, cores: resourcesOf(service).cores, besideSec });
}

/** The same, of a server that does something of each track. */
export async function serverSettings(
  { scaling, work, resources }: ServerDefinition,
  env: Parameters<ServerWork["slots"]>[0],
): Promise<ReplicaSettings | undefined> {
  if (!scaling || !work) return undefined;
  return settingsOf(scaling, {
    slots: await work.slots(env),
    cores: resources?.cores ?? 1,
    besideSec: work.takesSec,
  });
}

function settingsOf(
  { minReplicas, maxReplicas, by }: Scaling,
  own: Pick<ReplicaSettings, "slots" | "cores" | "besideSec">,
): ReplicaSettings | undefined {
  return by.measure === "backlog" ? { ...own, waitSec: by.waitSec, minReplicas, maxReplicas } : undefined;
}
