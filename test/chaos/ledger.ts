import { sharedVariables } from "@segue/telemetry";
import type { Check } from "./invariants.ts";

/** Every fault that was injected, and what came after it. */
export interface Ledger {
  /** Counts a fault of a kind. Returns its notes. */
  fault(kind: FaultKind): void;
  /** Time until all was well again: a replacement was ready, or the next outcome came. In ms. */
  recovered(kind: FaultKind, ms: number): void;
  /** From SIGTERM to exit, where the notice was long enough for one. */
  /** @param wasReady a process that is told to end while it starts has nothing to drain, and no handler yet. */
  drained(service: string, ms: number, code: number | null, wasReady: boolean): void;
  readonly faults: ReadonlyMap<FaultKind, { count: number; readonly recoveriesMs: number[] }>;
  readonly drains: ReadonlyMap<
    string,
    { readonly ms: number; readonly code: number | null; readonly wasReady: boolean }[]
  >;
}

export const faultKinds = {
  "preempted, notice cut short": { preemption: true, what: "SIGTERM, SIGKILL after 1.5 to 4 s" },
  "preempted, whole notice": { preemption: true, what: "SIGTERM, 15 s to drain" },
  "killed without notice": { preemption: true, what: "SIGKILL of the process and its children" },
  "killed, children left": { preemption: true, what: "SIGKILL of the process alone, as the OOM killer does" },
  "node lost": { preemption: true, what: "one replica of every service at once, with or without a notice" },
  frozen: { preemption: false, what: "SIGSTOP for 11 to 16 s, past the ack deadline of 10 s, then SIGCONT" },
  "storage fault": { preemption: false, what: "refused, cut, 503, delayed, hanging" },
  "database fault": { preemption: false, what: "refused, cut, delayed, hanging" },
  "Pub/Sub fault": { preemption: false, what: "refused, cut, delayed, hanging" },
  "storage killed": { preemption: false, what: "SIGKILL of the storage server" },
  "database killed": { preemption: false, what: "SIGKILL of the database" },
  "Pub/Sub killed": { preemption: false, what: "SIGKILL of the Pub/Sub server" },
  "messages replayed": { preemption: false, what: "5 to 40 captured messages again, in another order" },
} as const;
export type FaultKind = keyof typeof faultKinds;

export function createLedger(): Ledger {
  const faults = new Map<FaultKind, { count: number; recoveriesMs: number[] }>();
  const drains = new Map<string, { ms: number; code: number | null; wasReady: boolean }[]>();
  const of = (kind: FaultKind) => {
    const entry = faults.get(kind) ?? { count: 0, recoveriesMs: [] };
    faults.set(kind, entry);
    return entry;
  };
  return {
    faults,
    drains,
    fault(kind) {
      of(kind).count += 1;
    },
    recovered: (kind, ms) => void of(kind).recoveriesMs.push(ms),
    drained(service, ms, code, wasReady) {
      const all = drains.get(service) ?? [];
      all.push({ ms, code, wasReady });
      drains.set(service, all);
    },
  };
}

export function countPreemptions(ledger: Ledger): number {
  let sum = 0;
  for (const [kind, { count }] of ledger.faults) if (faultKinds[kind].preemption) sum += count;
  return sum;
}

/** What is promised of a drain: SIGTERM to exit. */
const drainLimitMs = sharedVariables.drainMs.parse(undefined);

export function checkDrains({ drains }: Ledger): Check[] {
  const all = [...drains].flatMap(([service, list]) => list.map((drain) => ({ service, ...drain })));
  const looked = `${all.length} drains`;
  return [
    {
      name: "exit code 0 after SIGTERM, of one that was ready",
      looked,
      violations: all
        .filter(({ code, wasReady }) => wasReady && code !== 0)
        .map(({ service, ms, code }) => `${service}: exit code ${code} after ${Math.round(ms)} ms`),
    },
    {
      name: `SIGTERM to exit within ${drainLimitMs / 1_000} s`,
      looked,
      isTimed: true,
      violations: all
        .filter(({ ms }) => ms > drainLimitMs)
        .map(({ service, ms }) => `${service}: ${Math.round(ms)} ms`),
    },
  ];
}
