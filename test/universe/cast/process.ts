import type { PlacedFleet, RunningService } from "@segue/step";
import type { Cloud } from "../world/cloud.ts";
import { Owner } from "../world/owner.ts";

/** A release of the fleet: its code, and the module that threads load it from. */
export interface Release {
  readonly name: string;
  readonly fleet: PlacedFleet;
  readonly fleetUrl: string;
}

/** What runs in a process. */
export interface Role {
  readonly name: string;
  start(cloud: Cloud, release: Release, process: Owner): Promise<RunningService>;
}

/** A process of the fleet, from its start until it has stopped, or was killed. */
export class SimProcess {
  readonly owner: Owner;
  readonly role: Role;
  readonly release: Release;
  readonly #cloud: Cloud;
  running: RunningService | undefined;
  state: "starting" | "runs" | "drains" | "over" = "starting";
  hasDrained = false;
  /** Why it could not start, or why it has ended by itself. */
  trouble: unknown;

  constructor(cloud: Cloud, name: string, role: Role, release: Release) {
    this.#cloud = cloud;
    this.role = role;
    this.release = release;
    this.owner = new Owner(name, cloud.scheduler.random.fork(name));
  }

  start(afterMs: number, onEnd: () => void): void {
    const { scheduler } = this.#cloud;
    scheduler.plan(this.owner, afterMs, `starts ${this.role.name} ${this.release.name}`, () => {
      this.role.start(this.#cloud, this.release, this.owner).then(
        (running) => {
          this.running = running;
          this.state = "runs";
        },
        (error: unknown) => {
          this.trouble = error;
          scheduler.note(`could not start: ${String(error)}`);
          this.kill();
          onEnd();
        },
      );
    });
  }

  /** SIGTERM. */
  drain(onDrained: () => void): void {
    if (this.state !== "runs") return;
    this.state = "drains";
    this.#cloud.scheduler.plan(this.owner, 0, "is told to stop", () => {
      this.running?.drain().then(
        () => {
          this.#cloud.scheduler.note("has drained");
          this.hasDrained = true;
          onDrained();
        },
        (error: unknown) => {
          this.trouble = error;
          this.#cloud.scheduler.note(`a drain failed: ${String(error)}`);
        },
      );
    });
  }

  /** SIGKILL, or the machine is gone: nothing of it happens any more, and whoever it spoke with finds out in time. */
  kill(): void {
    if (this.state === "over") return;
    this.state = "over";
    this.owner.die();
    const { scheduler, queue, database, disk } = this.#cloud;
    const { random } = scheduler.outside;
    for (const lease of queue.leasesOf(this.owner))
      queue.letExpire(lease, random.between(0, 10_000), "its process is dead");
    for (const subscription of queue.subscriptions.values())
      for (const consumer of subscription.consumers)
        if (consumer.owner === this.owner) queue.disconnect(subscription, consumer);
    for (const connection of database.openConnections)
      if (connection.client === this.owner)
        scheduler.plan(scheduler.outside, random.between(1, 50), "", () => database.close(connection));
    disk.remove(`/universe/${this.owner.name}`);
  }

  /** The machine stands still for a while, and then goes on as if nothing had been. */
  freeze(forMs: number): void {
    const { scheduler, queue } = this.#cloud;
    this.owner.frozenUntilMs = scheduler.nowMs + forMs;
    // Nobody extends its leases; what it gets back in time it keeps.
    for (const lease of queue.leasesOf(this.owner)) {
      const leftMs = scheduler.outside.random.between(0, 10_000);
      if (leftMs < forMs) queue.letExpire(lease, leftMs, "its machine stands still");
    }
  }
}
