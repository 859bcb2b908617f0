import { setTimeout as delay } from "node:timers/promises";
import type { RunningFleet } from "@segue/launcher";
import type { Random } from "@segue/synth";
import type { Fault, FaultProxy } from "./fault-proxy.ts";
import type { FaultKind, Ledger } from "./ledger.ts";
import { signalTree } from "./process-tree.ts";
import type { ProcessWatch } from "./process-watch.ts";
import type { Tap } from "./tap.ts";

export interface CloudProxies {
  readonly storage: FaultProxy;
  readonly database: FaultProxy;
  readonly pubsub: FaultProxy;
}

export interface CloudFaultOptions {
  readonly fleet: Pick<RunningFleet, "processes">;
  readonly proxies: CloudProxies;
  readonly watch: ProcessWatch;
  readonly ledger: Ledger;
  readonly tap: Tap;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** Between two faults of the cloud, in ms. */
const pauseMs = [2_000, 7_000] as const;
/** Share of faults in which the part is killed instead. */
const killShare = 0.2;
const replayPauseMs = [3_000, 8_000] as const;
/** Past which a wait for the next outcome is not counted as recovery: there may be nothing to do. */
const progressLimitMs = 60_000;

const parts = {
  storage: { fault: "storage fault", killed: "storage killed", process: "gcs" },
  database: { fault: "database fault", killed: "database killed", process: "postgres" },
  pubsub: { fault: "Pub/Sub fault", killed: "Pub/Sub killed", process: "pubsub" },
} as const satisfies Record<keyof CloudProxies, { fault: FaultKind; killed: FaultKind; process: string }>;

/** Makes one part of the cloud misbehave at a time, until told to stop; leaves all of them well. */
export async function troubleCloudAtRandom(options: CloudFaultOptions): Promise<void> {
  const { random, signal, proxies, ledger } = options;
  while (!signal.aborted) {
    await delay(random.between(...pauseMs), undefined, { signal }).catch(() => {});
    if (signal.aborted) break;
    const part = random.pick(["storage", "storage", "database", "pubsub"]);
    const fault = pickFault(part, random);
    const forMs = pickDurationMs(part, random);
    if (random.chance(killShare) && (await killPart(options, part))) continue;
    const { fault: kind } = parts[part];
    ledger.fault(kind);
    proxies[part].set(fault);
    await delay(forMs, undefined, { signal }).catch(() => {});
    proxies[part].set(null);
    void noteProgress(options, kind, performance.now());
  }
}

/** Publishes captured messages again, until told to stop. */
export async function replayAtRandom({ random, signal, ledger, tap }: CloudFaultOptions): Promise<void> {
  while (!signal.aborted) {
    await delay(random.between(...replayPauseMs), undefined, { signal }).catch(() => {});
    if (signal.aborted) break;
    const count = 5 + random.below(36);
    // A queue that is away at the moment: the next time then.
    const published = await tap.replay(random, count).catch(() => 0);
    if (published > 0) ledger.fault("messages replayed");
  }
}

function pickFault(part: keyof CloudProxies, random: Random): Fault {
  const faults: [Fault, ...Fault[]] = [
    { kind: "refuse" },
    { kind: "cut", afterBytes: () => 1 + random.below(256 * 1024) },
    { kind: "delay", ms: Math.round(random.between(20, 400)) },
    { kind: "hang" },
  ];
  if (part === "storage") faults.push({ kind: "unavailable" });
  return random.pick(faults);
}

/** Mostly short; a tenth of them longer than what callers wait for. */
function pickDurationMs(part: keyof CloudProxies, random: Random): number {
  if (random.chance(0.9)) return random.between(500, 6_000);
  return part === "database" ? random.between(20_000, 60_000) : random.between(15_000, 25_000);
}

async function killPart(options: CloudFaultOptions, part: keyof CloudProxies): Promise<boolean> {
  const { fleet, watch, ledger } = options;
  const { process, killed } = parts[part];
  const victim = fleet.processes().find(({ name }) => name === process);
  // It may be somebody else's: Google's emulator keeps nothing on disk.
  if (!victim) return false;
  ledger.fault(killed);
  watch.expectEnd(victim.pid);
  signalTree(victim.pid, "SIGKILL");
  const { endedAt } = await watch.ended(victim.pid);
  const since = endedAt ?? performance.now();
  await watch.replaced(victim.name, since);
  void noteProgress(options, killed, since);
  return true;
}

async function noteProgress(
  { tap, ledger }: CloudFaultOptions,
  kind: FaultKind,
  since: number,
): Promise<void> {
  const outcome = await Promise.race([tap.nextOutcome(), delay(progressLimitMs, undefined, { ref: false })]);
  if (outcome) ledger.recovered(kind, performance.now() - since);
}
