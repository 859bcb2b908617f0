import type { EventEmitter } from "node:events";
import type { Disk } from "./disk.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SourceHost } from "./source-host.ts";

/** What the stand-ins for Node's own clock, timers, randomness and files speak to. One universe runs at a time. */
export interface World {
  readonly scheduler: Scheduler;
  readonly disk: Disk;
  readonly sources: SourceHost;
  /** A connection to the database, for the process whose turn it is. */
  openDatabaseSocket(): EventEmitter;
  /** Set while the database computes: its own timers are nobody's. */
  isInDatabase: boolean;
}

let present: World | undefined;

/** The world that runs; undefined outside of one, where Node's own are used. */
export function worldNow(): World | undefined {
  return present;
}

/** @throws {Error} outside of a world: stand-ins for files and processes have no other meaning. */
export function demandWorld(): World {
  if (!present) throw new Error("expected a universe to run");
  return present;
}

export function enterWorld(world: World): void {
  present = world;
}

export function leaveWorld(): void {
  present = undefined;
}
