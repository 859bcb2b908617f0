import { messagesAtOnce, resourcesOf, type StepService } from "@segue/step";
import type { ReplicaSettings } from "./wanted-replicas.ts";

/** Of a step that has not been measured, and whose service says nothing. */
const unknownCpuSec = 1;

/** CPU-seconds of an attempt, as the service of the step declares them. */
export function declaredCpuSec({ attempts }: StepService, step: string): number {
  return attempts.get(step)?.cpuSec ?? unknownCpuSec;
}

/** By which a service is scaled; undefined where that is not by what waits for it. */
export function replicaSettings(service: StepService): ReplicaSettings | undefined {
  const { minReplicas, maxReplicas, by } = service.scaling;
  if (by.measure !== "backlog") return undefined;
  return {
    slots: messagesAtOnce(service.concurrency, service.steps),
    cores: resourcesOf(service).cores,
    waitSec: by.waitSec,
    minReplicas,
    maxReplicas,
  };
}
