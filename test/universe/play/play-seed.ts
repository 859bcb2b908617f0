import type { Release, SimProcess } from "../cast/process.ts";
import { circumstances } from "../fleet/circumstances.ts";
import { Breach, type Report } from "../law/breach.ts";
import { judgeEnd, type Known } from "../law/end.ts";
import { listUnmade } from "../law/forces.ts";
import { judgeLeaks, judgeRest } from "../law/leaks.ts";
import { describeUnrest, isAtRest } from "../law/rest.ts";
import { watchLaws } from "../law/watch.ts";
import { watchWork } from "../law/work.ts";
import type { Cloud } from "../world/cloud.ts";
import type { DatabaseEngine } from "../world/database-engine.ts";
import { enterWorld, leaveWorld } from "../world/world.ts";
import { buildCloud } from "./build-cloud.ts";
import { Clients } from "./clients.ts";
import { heal, planFaults } from "./inflict.ts";
import { Keeper } from "./keeper.ts";
import { type Placed, type Plan, slots } from "./plan.ts";
import { besideSlots, drawSkewMs } from "./plan-beside.ts";

/** What a fleet may take, once nothing goes wrong any more, to have everything done. */
const healingMs = 3 * 3_600_000;
const lookEveryMs = 20_000;
const closingMs = 60_000;
const wakingMs = 30_000;
/** Of an error, where somebody reads the trace; to find them takes its time, and errors are many. */
const shownFrames = 30;

export interface Played {
  readonly seed: number;
  readonly digest: string;
  readonly breach: Breach | undefined;
  readonly preemptions: number;
  readonly faults: number;
  readonly events: number;
  readonly trace: readonly string[];
}

export interface Play {
  readonly engine: DatabaseEngine;
  readonly releases: Readonly<Record<Placed, readonly [Release, Release]>>;
  readonly keepTrace: boolean;
}

/** Who plays, and what is known of it. */
interface Scene {
  readonly cloud: Cloud;
  readonly keeper: Keeper;
  readonly clients: Clients;
  readonly known: Known;
  readonly report: Report;
  isBroken(): boolean;
}

/** Plays a seed's plan to its end, or to the first breach of a law. */
export async function playSeed(seed: number, plan: Plan, play: Play): Promise<Played> {
  const { engine, keepTrace } = play;
  const releases = play.releases[plan.placed];
  await engine.renew();
  const { cloud, world } = buildCloud(seed, plan, {
    engine,
    fleet: releases[0].fleet,
    keepTrace,
  });
  const { scheduler } = cloud;
  const skewMs = (name: string) => (plan.isSkewed ? drawSkewMs(seed, name) : 0);
  const keeper = new Keeper(cloud, [...slots, ...besideSlots], releases[0], skewMs);
  const clients = new Clients(cloud, keeper);
  let breach: Breach | undefined;
  const tell = (law: string, what: string) => {
    // How much is known of a stack depends on who looks.
    scheduler.note(`BREACH ${law}: ${what.split("\n")[0]}`);
    breach ??= new Breach(law, what, scheduler.nowMs);
  };
  const report: Report = clients.deletions.waive(tell, (address) => known.expectations.masterAt(address));
  const known: Known = watchLaws(cloud, clients, releases[0].fleet, report);
  // What would end a process of the fleet is heard of here.
  const onUncaught = (error: unknown) =>
    report("no process dies of itself", error instanceof Error ? `${error.stack}` : String(error));
  scheduler.onUncaught = onUncaught;
  process.on("unhandledRejection", onUncaught);
  process.on("uncaughtException", onUncaught);
  Object.assign(circumstances, {
    mishaps: !plan.isCalm,
    onWork: plan.isCalm ? watchWork(cloud.objects, report, plan.placed) : () => {},
  });
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = keepTrace ? shownFrames : 1;
  enterWorld(world);
  try {
    const isBroken = () => breach !== undefined;
    await playScene({ cloud, keeper, clients, known, report, isBroken }, plan, releases);
  } finally {
    for (const { owner } of keeper.living) owner.die();
    scheduler.outside.die();
    leaveWorld();
    Error.stackTraceLimit = stackTraceLimit;
    process.off("unhandledRejection", onUncaught);
    process.off("uncaughtException", onUncaught);
  }
  return {
    seed,
    digest: scheduler.trace.digest(),
    breach,
    preemptions: keeper.preemptions,
    faults: cloud.faults.happened + plan.faults.length,
    events: scheduler.trace.lines,
    trace: scheduler.trace.kept(),
  };
}

/** Trouble for as long as the plan says; then all is mended, and what was promised must come true. */
async function playScene(scene: Scene, plan: Plan, releases: readonly [Release, Release]): Promise<void> {
  const { cloud, keeper, clients, known, report, isBroken } = scene;
  const { scheduler } = cloud;
  const stage = { cloud, keeper, releases };
  keeper.startAll();
  planFaults(stage, plan.faults);
  const fleets = releases.map(({ fleet }) => fleet);
  for (const errand of plan.errands) {
    if (errand.kind === "submit") known.expectations.add(errand.master, fleets);
    clients.begin(errand);
  }
  await scheduler.run(plan.lengthMs, isBroken);
  heal(stage);
  await untilRest(scene);
  if (isBroken()) return;
  if (!isAtRest(cloud, clients)) return void report("all comes to rest", describeUnrest(cloud, clients));
  judgeRest(cloud, keeper, report);
  judgeEnd(cloud, clients, known, report);
  keeper.isClosing = true;
  for (const process of keeper.present()) process.drain(() => {});
  await scheduler.run(scheduler.nowMs + closingMs, isBroken);
  if (!isBroken()) judgeLeaks(cloud, keeper, report);
}

async function untilRest({ cloud, keeper, clients, known, isBroken }: Scene): Promise<void> {
  const { scheduler } = cloud;
  // Whose work others have done meanwhile finds that out when its machine goes on, or storage has been given up on.
  const isAwake = ({ owner: { frozenUntilMs, waitsUntilMs } }: SimProcess) =>
    Math.max(frozenUntilMs, waitsUntilMs) + wakingMs <= scheduler.nowMs;
  const giveUpAtMs = scheduler.nowMs + healingMs;
  while (!isBroken() && scheduler.nowMs < giveUpAtMs) {
    await scheduler.run(scheduler.nowMs + lookEveryMs, isBroken);
    if (!isAtRest(cloud, clients) || !keeper.present().every(isAwake) || keeper.isRebuilding) continue;
    // A replay that was answered and that nobody was told of is found in storage before long.
    if (listUnmade(cloud, clients, known).length === 0) return;
  }
}
