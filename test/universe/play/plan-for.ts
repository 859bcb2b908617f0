import { noTroubles } from "../world/faults.ts";
import { drawPlan, type Errand, near, type Placed, type Plan } from "./plan.ts";
import { withLostDatabase } from "./plan-loss.ts";
import { withTakedowns } from "./plan-takedowns.ts";

/** One world in so many is calm: the fifth is the first. */
const calmEvery = 25;
const firstCalm = 5;

export interface PlannedSeed {
  readonly seed: number;
  readonly hours: number;
  readonly placed?: Placed | undefined;
  readonly isSkewed?: boolean | undefined;
  readonly takesDown?: boolean | undefined;
  readonly losesDatabase?: boolean | undefined;
}

/** What a seed decides. */
export function planFor(planned: PlannedSeed): Plan {
  const plan = planTrouble(planned);
  return planned.losesDatabase ? { ...plan, faults: withLostDatabase(planned.seed, plan) } : plan;
}

function planTrouble({
  seed,
  hours,
  placed = "default",
  isSkewed = false,
  takesDown = false,
}: PlannedSeed): Plan {
  const drawn = drawPlan(seed, hours);
  const plan = { ...drawn, placed, isSkewed };
  if (takesDown) return { ...plan, takesDown, errands: withTakedowns(seed, drawn.errands, drawn.lengthMs) };
  return seed % calmEvery === firstCalm ? calm(plan) : plan;
}

/** What a fleet that nobody disturbs has made of all its tracks by then. */
const makingMs = 180_000;

/**
 * The same world without any trouble, in which nothing is asked for that is being made at the time: tracks come first, and what is
 * asked of them again comes when they are done, one after the other, and forces nothing. The same bytes come last: a backfill asks for
 * all tracks at once.
 */
function calm(plan: Plan): Plan {
  const names = new Set<string>();
  const first: Errand[] = [];
  const same: Errand[] = [];
  const again: Errand[] = [];
  for (const errand of plan.errands) {
    if (errand.kind === "steer" || errand.kind === "delete" || errand.kind === "takedown") continue;
    if (errand.kind !== "submit") again.push({ ...errand, force: [] });
    else if (names.has(errand.master.name)) same.push(errand);
    else first.push(errand);
    if (errand.kind === "submit") names.add(errand.master.name);
  }
  const isOfSame = (errand: Errand) => errand.kind === "replay" && same.some(({ key }) => key === errand.of);
  const againFromMs = Math.max(0, ...first.map(({ atMs }) => atMs)) + makingMs;
  const ordered = [...again.filter((errand) => !isOfSame(errand)), ...same, ...again.filter(isOfSame)];
  const later = ordered.map((errand, index) => ({ ...errand, atMs: againFromMs + index * makingMs }));
  const errands = [...first, ...later];
  const lengthMs = Math.max(...errands.map(({ atMs }) => atMs));
  return {
    ...plan,
    lengthMs,
    errands,
    faults: [],
    troubles: noTroubles,
    listingLagMs: 0,
    distanceMs: near,
    isCalm: true,
    isSkewed: false,
  };
}
