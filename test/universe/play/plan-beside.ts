import { Random } from "../world/random.ts";
import type { PlannedFault } from "./planned-fault.ts";

/** Beside the others, and drawn by themselves, so that what a seed does to those does not depend on these. */
const fetchSlots = ["fetch-1", "fetch-2"];
export const besideSlots = [...fetchSlots, "ingest-2"];

const hourMs = 3_600_000;
/** Of an hour of trouble. */
const perHour = { fetchPreemptions: 120, preemptions: 24, freezes: 12, clockJumps: 4 };

/** @param faults those of the others: where another release comes to them, it comes to these at about that time. */
export function drawTroubleBeside(
  seed: number,
  hours: number,
  faults: readonly PlannedFault[],
): PlannedFault[] {
  const random = new Random(`beside ${seed}`);
  const deployedAtMs = faults.flatMap(({ kind, atMs }) => (kind === "deploy" ? [atMs] : []));
  const fromMs = Math.min(...deployedAtMs);
  const toMs = Math.max(...deployedAtMs);
  const some = (rate: number, draw: (of: { atMs: number; slot: string }) => PlannedFault) =>
    Array.from({ length: Math.round(rate * hours * random.between(0.6, 1.4)) }, () =>
      draw({ atMs: random.between(0, hours * hourMs), slot: random.pick(besideSlots) }),
    );
  return [
    ...drawFetchPreemptions(seed, hours),
    ...some(perHour.preemptions, (of) => ({ kind: "preempt", ...of })),
    ...some(perHour.freezes, (of) => ({ kind: "freeze", ...of, forMs: random.between(500, 90_000) })),
    ...some(perHour.clockJumps, (of) => ({
      kind: "clock-jump",
      ...of,
      byMs: random.between(-4_000, 4_000),
    })),
    ...(deployedAtMs.length === 0 ? [] : besideSlots).map(
      (slot): PlannedFault => ({ kind: "deploy", slot, atMs: random.between(fromMs, toMs) }),
    ),
  ];
}

function drawFetchPreemptions(seed: number, hours: number): PlannedFault[] {
  const random = new Random(`fetch ${seed}`);
  const atMs = () => random.between(0, hours * hourMs);
  return Array.from({ length: Math.round(perHour.fetchPreemptions * hours) }, (): PlannedFault => {
    const slot = random.pick(fetchSlots);
    if (random.chance(0.4)) return { kind: "preempt", atMs: atMs(), slot };
    return { kind: "kill", atMs: atMs(), slot, afterEffects: random.chance(0.3) ? 0 : 1 + random.below(8) };
  });
}

/** How often the server of the clients' does not do as it is asked. */
export function drawSourceAway(seed: number): number {
  const random = new Random(`source away ${seed}`);
  if (random.chance(0.5)) return 0;
  return random.chance(0.3) ? 0.3 : 0.05;
}

/** What the clock of a process's machine is off by, for as long as it lives: mostly nothing, sometimes seconds, seldom ten minutes. */
export function drawSkewMs(seed: number, process: string): number {
  const random = new Random(`skew ${seed} ${process}`);
  if (random.chance(0.8)) return 0;
  return Math.round(
    random.chance(0.8) ? random.between(-8_000, 8_000) : random.pick([-1, 1] as const) * 600_000,
  );
}
