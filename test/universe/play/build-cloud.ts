import { deriveTopology } from "@segue/chain";
import type { PlacedFleet } from "@segue/step";
import { names } from "../cast/context.ts";
import { BucketObjects } from "../world/bucket-objects.ts";
import type { Cloud } from "../world/cloud.ts";
import { Database } from "../world/database.ts";
import type { DatabaseEngine } from "../world/database-engine.ts";
import { DatabaseSocket } from "../world/database-socket.ts";
import { Disk } from "../world/disk.ts";
import { Faults } from "../world/faults.ts";
import { Queue } from "../world/queue.ts";
import { Scheduler } from "../world/scheduler.ts";
import { SourceHost } from "../world/source-host.ts";
import type { World } from "../world/world.ts";
import type { Plan } from "./plan.ts";

/** The queue gives up sooner than the fleet's own topology says: what becomes of it then is seen more often. */
const maxDeliveryAttempts = 8;

export interface BuiltWorld {
  readonly cloud: Cloud;
  readonly world: World;
}

/** A world as a seed begins it: empty buckets and queues, for the toy fleet. */
export function buildCloud(
  seed: number,
  plan: Plan,
  {
    engine,
    fleet,
    keepTrace,
  }: { readonly engine: DatabaseEngine; readonly fleet: PlacedFleet; readonly keepTrace: boolean },
): BuiltWorld {
  const scheduler = new Scheduler(seed, { keepTrace });
  const faults = new Faults(scheduler, plan.troubles, plan.distanceMs);
  const disk = new Disk();
  const sources = new SourceHost(faults);
  const world: World = {
    scheduler,
    disk,
    sources,
    isInDatabase: false,
    openDatabaseSocket: () => new DatabaseSocket(world, database),
  };
  const database = new Database(world, engine);
  const queue = new Queue(scheduler, faults);
  for (const spec of deriveTopology(fleet.chain, names).subscriptions) {
    const deadLetter = spec.deadLetter && { ...spec.deadLetter, maxDeliveryAttempts };
    queue.subscribe({ ...spec, deadLetter });
  }
  const records = names.bucket("records");
  // Cloud Storage lists what was written; storage that the catalog sweeps may be somebody else's.
  const listingLagMs = (bucket: string) => (bucket === records ? plan.listingLagMs : 0);
  const objects = new BucketObjects();
  return { cloud: { scheduler, faults, queue, objects, disk, sources, database, listingLagMs }, world };
}
