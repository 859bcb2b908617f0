import { setTimeout as delay } from "node:timers/promises";
import type { FleetProcess, RunningFleet } from "@segue/launcher";
import type { Random } from "@segue/synth";
import type { FaultKind, Ledger } from "./ledger.ts";
import { cpuTicks, processTree, signalTree } from "./process-tree.ts";
import type { ProcessWatch } from "./process-watch.ts";

export interface PreemptOptions {
  readonly fleet: Pick<RunningFleet, "processes">;
  readonly watch: ProcessWatch;
  readonly ledger: Ledger;
  readonly random: Random;
  /** No new fault after it is aborted; those under way are brought to their end. */
  readonly signal: AbortSignal;
}

/** Between two preemptions, in ms. */
const pauseMs = [600, 2_600] as const;
const wholeNoticeMs = 15_000;
const maxFrozen = 1;
/** While fewer of the processes than this are ready, none is taken: a pool that is never there proves nothing. */
const leastReadyShare = 0.4;
/** A process that has just been started is spared for so long, mostly: else a fleet under fire never does anything. */
const youngMs = 4_000;

/** Takes service processes away, one after the other or a whole node of them, until told to stop. */
export async function preemptAtRandom(options: PreemptOptions): Promise<void> {
  const { random, signal } = options;
  const underWay = new Set<Promise<void>>();
  const busy = new Set<number>();
  let frozen = 0;
  const launch = (victim: FleetProcess, fault: Promise<void>) => {
    busy.add(victim.pid);
    underWay.add(fault);
    const done = () => {
      busy.delete(victim.pid);
      underWay.delete(fault);
    };
    fault.then(done, done);
  };
  while (!signal.aborted) {
    await delay(random.between(...pauseMs), undefined, { signal }).catch(() => {});
    if (signal.aborted) break;
    if (readyShare(options) < leastReadyShare) continue;
    const roll = random.next();
    if (roll < 0.03) {
      const replica = random.pick(["1", "2"]);
      const withNotice = random.chance(0.5);
      for (const victim of candidates(options, busy).filter(({ name }) => name.endsWith(`-${replica}`)))
        launch(
          victim,
          withNotice ? shortNotice(options, victim, "node lost", 2_500) : kill(options, victim, "node lost"),
        );
      continue;
    }
    const victim = await pickVictim(options, busy);
    if (!victim) continue;
    if (roll < 0.4)
      launch(
        victim,
        shortNotice(options, victim, "preempted, notice cut short", random.between(1_500, 4_000)),
      );
    else if (roll < 0.5) launch(victim, wholeNotice(options, victim));
    else if (roll < 0.86) launch(victim, kill(options, victim, "killed without notice"));
    else if (roll < 0.94) launch(victim, killAlone(options, victim));
    else if (frozen < maxFrozen) {
      frozen += 1;
      launch(
        victim,
        freeze(options, victim, random.between(11_000, 16_000)).finally(() => {
          frozen -= 1;
        }),
      );
    }
  }
  await Promise.all(underWay);
}

function readyShare({ fleet, watch }: PreemptOptions): number {
  const services = fleet.processes().filter(({ role }) => role === "service");
  const ready = services.filter(({ pid }) => {
    const seen = watch.seen(pid);
    return seen?.readyAt !== undefined && seen.endedAt === undefined;
  });
  return ready.length / services.length;
}

function candidates({ fleet, watch, random }: PreemptOptions, busy: ReadonlySet<number>): FleetProcess[] {
  const spareYoung = random.chance(0.85);
  return fleet.processes().filter(({ role, pid }) => {
    const seen = watch.seen(pid);
    if (role !== "service" || busy.has(pid) || !seen || seen.endedAt !== undefined) return false;
    return !spareYoung || (seen.readyAt !== undefined && performance.now() - seen.startedAt > youngMs);
  });
}

/** Half of the time whoever works hardest at the moment: an idle worker's end proves little. */
async function pickVictim(
  options: PreemptOptions,
  busy: ReadonlySet<number>,
): Promise<FleetProcess | undefined> {
  const { random } = options;
  const preferBusy = random.chance(0.5);
  const index = random.next();
  const all = candidates(options, busy);
  if (!preferBusy) return all[Math.floor(index * all.length)];
  const before = all.map(({ pid }) => cpuTicks(pid));
  await delay(60);
  const used = all.map(({ pid }, at) => cpuTicks(pid) - (before[at] ?? 0));
  return all[used.indexOf(Math.max(...used))];
}

function send(victim: FleetProcess, name: NodeJS.Signals): void {
  try {
    process.kill(victim.pid, name);
  } catch {
    // It has ended by itself.
  }
}

async function noteReplacement({ watch, ledger }: PreemptOptions, kind: FaultKind, victim: FleetProcess) {
  const { endedAt } = await watch.ended(victim.pid);
  ledger.recovered(kind, await watch.replaced(victim.name, endedAt ?? performance.now()));
}

async function shortNotice(options: PreemptOptions, victim: FleetProcess, kind: FaultKind, noticeMs: number) {
  const { watch, ledger } = options;
  ledger.fault(kind);
  watch.expectEnd(victim.pid);
  send(victim, "SIGTERM");
  await Promise.race([watch.ended(victim.pid), delay(noticeMs)]);
  if (watch.seen(victim.pid)?.endedAt === undefined) signalTree(victim.pid, "SIGKILL");
  await noteReplacement(options, kind, victim);
}

async function wholeNotice(options: PreemptOptions, victim: FleetProcess): Promise<void> {
  const { watch, ledger } = options;
  const kind = "preempted, whole notice";
  ledger.fault(kind);
  watch.expectEnd(victim.pid);
  const wasReady = watch.seen(victim.pid)?.readyAt !== undefined;
  const at = performance.now();
  send(victim, "SIGTERM");
  await Promise.race([watch.ended(victim.pid), delay(wholeNoticeMs)]);
  if (watch.seen(victim.pid)?.endedAt === undefined) signalTree(victim.pid, "SIGKILL");
  const { endedAt, code = null } = await watch.ended(victim.pid);
  ledger.drained(victim.service, (endedAt ?? performance.now()) - at, code, wasReady);
  await noteReplacement(options, kind, victim);
}

async function kill(options: PreemptOptions, victim: FleetProcess, kind: FaultKind): Promise<void> {
  options.ledger.fault(kind);
  options.watch.expectEnd(victim.pid);
  signalTree(victim.pid, "SIGKILL");
  await noteReplacement(options, kind, victim);
}

async function killAlone(options: PreemptOptions, victim: FleetProcess): Promise<void> {
  const kind = "killed, children left";
  options.ledger.fault(kind);
  options.watch.expectEnd(victim.pid);
  send(victim, "SIGKILL");
  await noteReplacement(options, kind, victim);
}

async function freeze(options: PreemptOptions, victim: FleetProcess, forMs: number): Promise<void> {
  options.ledger.fault("frozen");
  const tree = processTree(victim.pid);
  const signalAll = (name: NodeJS.Signals) => {
    for (const pid of tree) send({ ...victim, pid }, name);
  };
  signalAll("SIGSTOP");
  await delay(forMs);
  signalAll("SIGCONT");
}
