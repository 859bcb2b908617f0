import type { Pool } from "@segue/catalog-db";
import type { Chain } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import { isServer, resourcesOf, type Services, type StepService } from "@segue/step";
import { readCpuSec, readWaiting } from "./waiting-work.ts";
import { type Waiting, wantedReplicas } from "./wanted-replicas.ts";

export interface WantedService extends Waiting {
  readonly service: string;
  readonly replicas: number;
}

/** Of a step that has not been measured, and whose service says nothing. */
const unknownCpuSec = 1;

/**
 * Of each service of steps that follows its backlog, what waits for it and how many replicas that takes. Steps that workers of others have registered are of no
 * service here, and of none of these.
 *
 * @throws whatever the database says: what is not known is not 0.
 */
export async function wantedByService(
  pool: Pool,
  chain: Chain<StepSpec>,
  services: Services,
): Promise<readonly WantedService[]> {
  const [attempts, measured] = await Promise.all([readWaiting(pool, chain), readCpuSec(pool)]);
  return [...services].flatMap(([service, definition]) => {
    if (isServer(definition) || definition.scaling.by.measure !== "backlog") return [];
    const waiting = waitingOf(definition, attempts, measured);
    const { minReplicas, maxReplicas, by } = definition.scaling;
    const settings = { cores: resourcesOf(definition).cores, waitSec: by.waitSec, minReplicas, maxReplicas };
    return [{ service, ...waiting, replicas: wantedReplicas(waiting, settings) }];
  });
}

function waitingOf(
  { steps, attempts: needs }: StepService,
  attempts: ReadonlyMap<string, number>,
  measured: ReadonlyMap<string, number>,
): Waiting {
  return steps.reduce(
    (sum: Waiting, { name }) => {
      const count = attempts.get(name) ?? 0;
      const each = measured.get(name) ?? needs.get(name)?.cpuSec ?? unknownCpuSec;
      return { attempts: sum.attempts + count, cpuSec: sum.cpuSec + count * each };
    },
    { attempts: 0, cpuSec: 0 },
  );
}
