import type { MasterText } from "../fleet/results.ts";
import type { Troubles } from "../world/faults.ts";
import { Random } from "../world/random.ts";
import { drawSourceAway, drawTroubleBeside } from "./plan-beside.ts";
import type { PlannedFault } from "./planned-fault.ts";

/** A service of the fleet, and how many processes of it there are to be. */
export const slots = [
  "mill-1",
  "mill-2",
  "press-1",
  "press-2",
  "road-1",
  "road-2",
  "catalog-1",
  "catalog-2",
  "ingest-1",
];
const workerSlots = slots.filter((slot) => !/^(catalog|ingest)/.test(slot));

/** What clients ask for. */
export type Errand = { readonly atMs: number; readonly key: string } & (
  | {
      readonly kind: "submit";
      readonly master: MasterText;
      readonly targets: readonly string[] | undefined;
      /** What is sent: its bytes, or where they lie, in a bucket of the client's or behind a URL of which a part is secret. */
      readonly by: "bytes" | "bucket" | "host";
    }
  | { readonly kind: "replay"; readonly of: string; readonly force: readonly string[] }
  | { readonly kind: "backfill"; readonly targets: readonly string[]; readonly force: readonly string[] }
  | { readonly kind: "steer"; readonly of: string; readonly action: "pause" | "resume" | "cancel" }
  /** Of a track, by its owner. */
  | { readonly kind: "delete"; readonly of: string }
  /** Of a master, by an operator. */
  | { readonly kind: "takedown"; readonly master: MasterText; readonly again: "refuse" | "new" }
);

/** All that a seed decides beforehand: what is asked for, and what goes wrong. A smaller plan is a smaller failure. */
/** Where steps live: each by its concern, all together, or so at first and otherwise from the next release on. */
export const placed = ["default", "economy", "change"] as const;
export type Placed = (typeof placed)[number];

export interface Plan {
  readonly placed: Placed;
  readonly lengthMs: number;
  readonly errands: readonly Errand[];
  readonly faults: readonly PlannedFault[];
  readonly troubles: Troubles;
  readonly listingLagMs: number;
  /** What a message or a call takes one way, at the median. */
  readonly distanceMs: number;
  /** Nothing goes wrong, and nothing is asked for that is being made: every piece of work is done once. */
  readonly isCalm: boolean;
  /** Whether the clocks of some machines are off for as long as these live, and of a few by minutes. */
  readonly isSkewed: boolean;
  /** Whether tracks are deleted, and masters taken down. */
  readonly takesDown?: boolean;
}

const hourMs = 3_600_000;
/** Between processes of one region, in ms. */
export const near = 4;
/** Of an hour of trouble. */
const perHour = {
  tracks: 54,
  replays: 12,
  backfills: 6,
  preemptions: 660,
  freezes: 36,
  outages: 24,
  expiries: 24,
  clockJumps: 12,
};

/** A world of trouble. */
export function drawPlan(seed: number, hours: number): Omit<Plan, "placed" | "isSkewed"> {
  const random = new Random(`plan ${seed}`);
  const lengthMs = hours * hourMs;
  const atMs = () => random.between(0, lengthMs);
  const times = <T>(rate: number, draw: () => T): T[] =>
    Array.from({ length: Math.max(1, Math.round(rate * hours * random.between(0.6, 1.4))) }, draw);

  const tracks = times(perHour.tracks, () => atMs()).toSorted((a, b) => a - b);
  const errands: Errand[] = tracks.map((at, index) => drawSubmission(random, seed, index, at));
  errands.push(...times(perHour.replays, () => drawReplay(random, tracks, lengthMs)));
  errands.push(...drawTwins(seed, errands));
  // Each asks of all tracks: of more than an hour there are as many as of one, or most of a day would be backfills.
  const backfills = perHour.backfills / Math.max(1, hours);
  errands.push(...times(backfills, () => drawBackfills(random, atMs())).flat());
  const faults = [
    ...times(perHour.preemptions, (): PlannedFault => drawPreemption(random, atMs())),
    ...times(
      perHour.freezes,
      (): PlannedFault => ({
        kind: "freeze",
        atMs: atMs(),
        slot: random.pick(slots),
        forMs: random.between(500, 90_000),
      }),
    ),
    ...times(perHour.outages, (): PlannedFault => drawOutage(random, atMs())),
    ...times(
      perHour.expiries,
      (): PlannedFault => ({ kind: "expire", atMs: atMs(), share: random.between(0.3, 1) }),
    ),
    ...times(
      perHour.clockJumps,
      (): PlannedFault => ({
        kind: "clock-jump",
        atMs: atMs(),
        slot: random.pick(slots),
        byMs: random.between(-4_000, 4_000),
      }),
    ),
    ...drawDeployment(random, lengthMs),
  ];
  faults.push(...drawTroubleBeside(seed, hours, faults));
  faults.push(...drawRollBack(seed, faults, lengthMs));
  return {
    lengthMs,
    errands: steered(seed, named(errands), lengthMs).toSorted((a, b) => a.atMs - b.atMs),
    faults: faults.toSorted((a, b) => a.atMs - b.atMs),
    troubles: { ...drawTroubles(random), sourceAway: drawSourceAway(seed) },
    listingLagMs: random.chance(0.3) ? random.between(1_000, 60_000) : 0,
    distanceMs: drawDistance(seed),
    isCalm: false,
  };
}

function named(errands: readonly Errand[]): Errand[] {
  return errands.map((errand, index) => (errand.key ? errand : { ...errand, key: `errand-${index}` }));
}

/** Some backfills are paused for a while, and some are cancelled. */
function steered(seed: number, errands: readonly Errand[], lengthMs: number): Errand[] {
  const random = new Random(`steer ${seed}`);
  const steering = errands.flatMap(({ kind, atMs, key: of }): Errand[] => {
    if (kind !== "backfill" || random.chance(0.5)) return [];
    const fromMs = Math.min(lengthMs, atMs + random.between(0, 90_000));
    const steer = { kind: "steer", of } as const;
    if (random.chance(0.5)) return [{ ...steer, key: `${of}-cancel`, action: "cancel", atMs: fromMs }];
    const untilMs = random.between(fromMs, lengthMs);
    const pause = { ...steer, key: `${of}-pause`, action: "pause", atMs: fromMs } as const;
    return [pause, { ...steer, key: `${of}-resume`, action: "resume", atMs: untilMs }];
  });
  return [...errands, ...steering];
}

function drawSubmission(random: Random, seed: number, index: number, atMs: number): Errand {
  // Now and then the same bytes come again, as another track.
  const name = index > 0 && random.chance(0.15) ? `${seed}-${random.below(index)}` : `${seed}-${index}`;
  const own = new Random(`master ${name}`);
  const master = {
    name,
    tiles: own.pick([0, 0, 2, 5, 9, 18]),
    paces: own.pick([0, 1, 4, 9, 36]),
    isColourless: own.chance(0.2),
  };
  const targets = random.chance(0.3)
    ? [random.pick(["colour", "weight", "label", "trail", "mosaic", "husk", "polish"])]
    : undefined;
  const source = new Random(`source ${seed} ${index}`);
  const by = source.chance(0.3) ? source.pick(["bucket", "host"] as const) : "bytes";
  return { kind: "submit", atMs, key: `track-${index}`, master, targets, by };
}

function drawReplay(random: Random, tracks: readonly number[], lengthMs: number): Errand {
  const index = random.below(tracks.length);
  const force = random.chance(0.7)
    ? [random.pick(["grind", "paint", "weigh", "label", "walk", "tile", "cleave"])]
    : [];
  return {
    kind: "replay",
    atMs: random.between(tracks[index] ?? 0, lengthMs),
    key: "",
    of: `track-${index}`,
    force,
  };
}

/** Some replays force several steps, and some come twice at the same moment, from two clients. */
function drawTwins(seed: number, errands: Errand[]): Errand[] {
  const random = new Random(`twins ${seed}`);
  return errands.flatMap((errand, index): Errand[] => {
    if (errand.kind !== "replay") return [];
    const force = random.chance(0.4) ? ["grind", "paint", "weigh", "label"].slice(random.below(3)) : null;
    const replay = force ? { ...errand, force } : errand;
    errands[index] = replay;
    return random.chance(0.4) ? [{ ...replay, atMs: replay.atMs + random.between(0, 3_000) }] : [];
  });
}

/** Now and then a part of the fleet goes back to the release before, and comes again. */
function drawRollBack(seed: number, faults: readonly PlannedFault[], lengthMs: number): PlannedFault[] {
  const random = new Random(`roll back ${seed}`);
  if (random.chance(0.5)) return [];
  return faults.flatMap((fault): PlannedFault[] => {
    if (fault.kind !== "deploy" || random.chance(0.5)) return [];
    const { slot } = fault;
    const backAtMs = random.between(fault.atMs, lengthMs);
    const again = { kind: "deploy" as const, slot, atMs: random.between(backAtMs, lengthMs) };
    return [{ kind: "roll-back", slot, atMs: backAtMs }, again];
  });
}

/** The steps that make what a backfill may have made anew. */
const forced: Readonly<Record<string, string>> = { weight: "weigh", label: "label" };

/** Now and then two teams ask for the same at about the same moment. */
function drawBackfills(random: Random, atMs: number): Errand[] {
  const one = drawBackfill(random, atMs);
  return random.chance(0.3) ? [one, { ...one, atMs: atMs + random.between(0, 3_000) }] : [one];
}

function drawBackfill(random: Random, atMs: number): Errand {
  const targets = random.chance(0.5)
    ? ["weight", "label"]
    : [random.pick(["colour", "label", "trail", "mosaic", "polish"])];
  const forceable = ["weight", "label"].filter((target) => targets.includes(target));
  const force = random.chance(0.4) && forceable.length > 0 ? [forced[random.pick(forceable)] ?? ""] : [];
  return { kind: "backfill", atMs, key: "", targets, force };
}

function drawPreemption(random: Random, atMs: number): PlannedFault {
  const slot = random.chance(0.85) ? random.pick(workerSlots) : random.pick(slots);
  if (random.chance(0.4)) return { kind: "preempt", atMs, slot };
  return { kind: "kill", atMs, slot, afterEffects: random.chance(0.3) ? 0 : 1 + random.below(8) };
}

function drawOutage(random: Random, atMs: number): PlannedFault {
  const kind = random.pick([
    "queue-away",
    "storage-away",
    "database-away",
    "storage-full",
    "disk-full",
  ] as const);
  const forMs = random.between(2_000, random.chance(0.2) ? 180_000 : 40_000);
  return kind === "disk-full" ? { kind, atMs, slot: random.pick(workerSlots), forMs } : { kind, atMs, forMs };
}

/** In most worlds another release comes, one process after the other, all at once or over hours. */
function drawDeployment(random: Random, lengthMs: number): PlannedFault[] {
  if (random.chance(0.3)) return [];
  const fromMs = random.between(0, lengthMs);
  const toMs = random.between(fromMs, lengthMs);
  return slots.map((slot) => ({ kind: "deploy", slot, atMs: random.between(fromMs, toMs) }));
}

/** In half of the worlds all is near; in the others what is written is seen so late that more happens in between. */
function drawDistance(seed: number): number {
  const random = new Random(`distance ${seed}`);
  return random.pick([near, near, 25, 80]);
}

/** In some worlds one kind of trouble is frequent, in others there is none of it. */
function drawTroubles(random: Random): Omit<Troubles, "sourceAway"> {
  const some = (often: number) => (random.chance(0.5) ? 0 : random.chance(0.3) ? often : often / 8);
  return {
    duplicate: some(0.3),
    lostAck: some(0.15),
    lateAck: some(0.2),
    lostConnection: some(0.5),
    lostExtension: some(0.1),
    lostConfirmation: some(0.15),
    lostPublication: some(0.15),
    slowDelivery: some(0.2),
    storageFails: some(0.03),
    storageForgetsToSay: some(0.2),
    storageSlow: some(0.1),
    storageNeverSays: some(0.03),
  };
}
