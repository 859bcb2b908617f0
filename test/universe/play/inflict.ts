import { names } from "../cast/context.ts";
import type { Release } from "../cast/process.ts";
import { intermediateName } from "../law/read-message.ts";
import type { Cloud } from "../world/cloud.ts";
import type { Keeper } from "./keeper.ts";
import type { PlannedFault } from "./planned-fault.ts";

export interface Stage {
  readonly cloud: Cloud;
  readonly keeper: Keeper;
  readonly releases: readonly [Release, Release];
}

/** Has what was planned happen at its time. */
export function planFaults(stage: Stage, faults: readonly PlannedFault[]): void {
  const { scheduler } = stage.cloud;
  for (const fault of faults)
    scheduler.plan(scheduler.outside, fault.atMs, `fault: ${JSON.stringify(fault)}`, () =>
      inflict(stage, fault),
    );
}

/** Processes that are killed after some more of their effects: where in a step's work that is, nobody has to know. */
const armed = new WeakMap<Cloud, Map<object, number>>();

function armedOf(stage: Stage): Map<object, number> {
  const { cloud, keeper } = stage;
  let counts = armed.get(cloud);
  if (counts) return counts;
  counts = new Map();
  armed.set(cloud, counts);
  cloud.faults.onEffect = (owner) => {
    const left = counts.get(owner);
    if (left === undefined) return;
    counts.set(owner, left - 1);
    if (left > 1) return;
    counts.delete(owner);
    const [slot] = owner.name.split(".");
    if (slot && keeper.at(slot)?.owner === owner) keeper.kill(slot);
  };
  return counts;
}

type FaultOf<K extends PlannedFault["kind"]> = Extract<PlannedFault, { readonly kind: K }>;

/** What each kind of fault does to the world. */
const inflictions: { readonly [K in PlannedFault["kind"]]: (stage: Stage, fault: FaultOf<K>) => void } = {
  kill(stage, { slot, afterEffects }) {
    const owner = stage.keeper.at(slot)?.owner;
    if (afterEffects === 0 || !owner) stage.keeper.kill(slot);
    else armedOf(stage).set(owner, afterEffects);
  },
  preempt: ({ keeper }, { slot }) => keeper.preempt(slot),
  freeze: ({ keeper }, { slot, forMs }) => keeper.at(slot)?.freeze(forMs),
  "clock-jump"({ keeper }, { slot, byMs }) {
    const process = keeper.at(slot);
    if (process) process.owner.clockAheadMs += byMs;
  },
  "disk-full"(stage, { slot, forMs }) {
    const { disk } = stage.cloud;
    const name = stage.keeper.at(slot)?.owner.name;
    if (name === undefined) return;
    disk.full.add(name);
    later(stage, forMs, `${name} has room again`, () => disk.full.delete(name));
  },
  "storage-full"(stage, { forMs }) {
    const { faults } = stage.cloud;
    faults.storageIsFull = true;
    later(stage, forMs, "storage has room again", () => {
      faults.storageIsFull = false;
    });
  },
  "queue-away": (stage, { forMs }) => goAway(stage, "queue", forMs),
  "storage-away": (stage, { forMs }) => goAway(stage, "storage", forMs),
  "database-away"(stage, { forMs }) {
    const { database } = stage.cloud;
    database.goAway();
    later(stage, forMs, "the database answers again", () => database.comeBack());
  },
  "database-lost"(stage, { forMs, rebuilds }) {
    const { cloud, keeper, releases } = stage;
    cloud.database.lose();
    later(stage, forMs, "a new database answers", () => cloud.database.comeBack());
    for (let nth = 0; nth < rebuilds; nth++)
      keeper.open(`rebuild-${nth + 1}`, releases[nth % 2 === 0 ? 0 : 1]);
  },
  expire: ({ cloud }, { share }) => expire(cloud, share),
  deploy: ({ keeper, releases: [, next] }, { slot }) => keeper.deploy(slot, next),
  "roll-back": ({ keeper, releases: [first] }, { slot }) => keeper.deploy(slot, first),
};

function inflict<K extends PlannedFault["kind"]>(
  stage: Stage,
  fault: FaultOf<K> & { readonly kind: K },
): void {
  inflictions[fault.kind](stage, fault);
}

function goAway(stage: Stage, what: "queue" | "storage", forMs: number): void {
  const { away } = stage.cloud.faults;
  away.add(what);
  later(stage, forMs, `${what} answers again`, () => away.delete(what));
}

function later({ cloud: { scheduler } }: Stage, afterMs: number, label: string, action: () => void): void {
  scheduler.plan(scheduler.outside, afterMs, label, action);
}

const dayMs = 24 * 3_600_000;

/** Intermediates may go at any time; all else in the scratch bucket lives for a day. */
function expire({ objects, scheduler }: Cloud, share: number): void {
  const bucket = names.bucket("scratch");
  for (const [name, { writtenAtMs }] of objects.list(bucket)) {
    const mayGo = intermediateName.test(name) || scheduler.nowMs - writtenAtMs > dayMs;
    if (mayGo && scheduler.outside.random.chance(share)) {
      objects.expire({ bucket, name });
      scheduler.note(`expired ${name}`);
    }
  }
}

/** All that is out of order is in order again. */
export function heal({ cloud }: Stage): void {
  cloud.faults.heal();
  cloud.faults.away.clear();
  cloud.faults.storageIsFull = false;
  cloud.disk.full.clear();
  cloud.database.comeBack();
  cloud.faults.onEffect = () => {};
}
