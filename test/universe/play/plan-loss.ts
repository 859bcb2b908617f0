import { Random } from "../world/random.ts";
import type { Plan } from "./plan.ts";
import type { PlannedFault } from "./planned-fault.ts";

/** What happens in a world whose database is lost once, at any moment; whoever rebuilds it may be killed at it. */
export function withLostDatabase(seed: number, { faults, lengthMs }: Plan): PlannedFault[] {
  const random = new Random(`loss ${seed}`);
  const atMs = random.between(0.1, 0.9) * lengthMs;
  const rebuilds = random.pick([0, 1, 1, 2]);
  const lost: PlannedFault = { kind: "database-lost", atMs, forMs: random.between(500, 20_000), rebuilds };
  const killed = Array.from({ length: rebuilds }, (_, nth): PlannedFault[] => {
    const afterEffects = random.between(1, 40);
    if (!random.chance(0.3)) return [];
    return [
      {
        kind: "kill",
        atMs: atMs + 60_000,
        slot: `rebuild-${nth + 1}`,
        afterEffects: Math.round(afterEffects),
      },
    ];
  });
  return [...faults, lost, ...killed.flat()].toSorted((a, b) => a.atMs - b.atMs);
}
