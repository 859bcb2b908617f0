import type { Pool } from "@segue/catalog-db";
import { type Chain, needsOf } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import { isServer, type ServerDefinition, type Services, type StepService } from "@segue/step";
import { declaredCpuSec, replicaSettings, serverSettings } from "./service-figures.ts";
import { readCpuSec, readWaiting, type WaitingTracks } from "./waiting-work.ts";
import { type Waiting, wantedReplicas } from "./wanted-replicas.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface WantedService extends Waiting {
  readonly service: string;
  readonly replicas: number;
}

/**
 * Of each service that follows its backlog, what waits for it and how many replicas that takes. Steps that workers of others have registered are of no
 * service here, and of none of these.
 *
 * @param env of the fleet: says how much servers have in hand at once.
 * @throws whatever the database says: what is not known is not 0.
 */
export async function wantedByService(
  pool: Pool,
  chain: Chain<StepSpec>,
  services: Services,
  env: Environment,
): Promise<readonly WantedService[]> {
  const tracks = await readWaiting(pool);
  const measured = await readCpuSec(pool);
  const needs = new Map(chain.steps.map((step) => [step.name, needsOf(chain, step)]));
  const wanted = [...services].map(async ([service, definition]) => {
    if (isServer(definition)) return wantedServer(service, definition, tracks, measured, env);
    const settings = replicaSettings(definition);
    if (!settings) return [];
    const { waiting, isPassed } = waitingOf(definition, tracks, { needs, measured });
    const replicas = Math.max(wantedReplicas(waiting, settings), isPassed ? 1 : 0);
    return [{ service, ...waiting, replicas }];
  });
  return (await Promise.all(wanted)).flat();
}

/** Nothing comes before what a server does of a track. */
async function wantedServer(
  service: string,
  server: ServerDefinition,
  tracks: readonly WaitingTracks[],
  measured: Known["measured"],
  env: Environment,
): Promise<readonly WantedService[]> {
  const settings = await serverSettings(server, env);
  const step = server.work?.step;
  if (!settings || step === undefined) return [];
  const isWork = ({ steps, putOff }: WaitingTracks) => steps.includes(step) && !putOff.includes(step);
  const attempts = tracks.filter(isWork).reduce((sum, { tracks: count }) => sum + count, 0);
  const waiting = { attempts, cpuSec: attempts * (measured.get(step) ?? 0) };
  return [{ service, ...waiting, replicas: wantedReplicas(waiting, settings) }];
}

/** What is put off is nobody's work before its time, nor is what comes after it in the same service. */
function isHeldUp(step: string, putOff: readonly string[], needs: Known["needs"]): boolean {
  return putOff.some((each) => each === step || needs.get(step)?.has(each));
}

interface Known {
  /** Of each step, what comes before it. */
  readonly needs: ReadonlyMap<string, ReadonlySet<string>>;
  readonly measured: ReadonlyMap<string, number>;
}

/**
 * Steps count that nothing comes before which a track still waits for, but what the same service does: that it does in one go. And whatever comes after a step that
 * is done may ask it for what it has made: to tell of it again, or to make it again.
 */
function waitingOf(
  service: StepService,
  tracks: readonly WaitingTracks[],
  { needs, measured }: Known,
): { readonly waiting: Waiting; readonly isPassed: boolean } {
  const hosted = new Set(service.steps.map(({ name }) => name));
  const costOf = (step: string) => measured.get(step) ?? declaredCpuSec(service, step);
  let attempts = 0;
  let cpuSec = 0;
  let isPassed = false;
  for (const { steps: waits, putOff, tracks: count } of tracks) {
    const others = waits.filter((step) => !hosted.has(step));
    const isNext = (step: string) => !others.some((other) => needs.get(step)?.has(other));
    const own = waits.filter((step) => hosted.has(step) && isNext(step) && !isHeldUp(step, putOff, needs));
    // What comes after another one of them is done in the same attempt.
    const begun = own.filter((step) => !own.some((other) => needs.get(step)?.has(other)));
    attempts += count * begun.length;
    cpuSec += own.reduce((sum, step) => sum + count * costOf(step), 0);
    isPassed ||= waits.some((step) => [...(needs.get(step) ?? [])].some((before) => hosted.has(before)));
  }
  return { waiting: { attempts, cpuSec }, isPassed };
}
