import { type Release, type Role, SimProcess } from "../cast/process.ts";
import { rebuildRole } from "../cast/rebuild-role.ts";
import type { Api } from "../cast/roles.ts";
import { apiRole, catalogRole, fetchRole, workerRole } from "../cast/roles.ts";
import { noticeMs } from "../cast/settings.ts";
import type { Cloud } from "../world/cloud.ts";
import type { Random } from "../world/random.ts";

/** Keeps a process in every slot, as Kubernetes does: whatever ends is started again. */
export class Keeper {
  readonly #cloud: Cloud;
  readonly #skewMs: (process: string) => number;
  readonly #random: Random;
  readonly #releases: Map<string, Release>;
  readonly #present = new Map<string, SimProcess>();
  readonly #apis = new Map<SimProcess, Api>();
  #started = 0;
  /** Every process that has not been killed, those included that were told to stop. */
  readonly living = new Set<SimProcess>();
  preemptions = 0;
  isClosing = false;

  /** @param skewMs what the clock of a process's machine is ahead. */
  constructor(cloud: Cloud, slots: readonly string[], release: Release, skewMs: (process: string) => number) {
    this.#cloud = cloud;
    this.#skewMs = skewMs;
    this.#random = cloud.scheduler.random.fork("balancer");
    this.#releases = new Map(slots.map((slot) => [slot, release]));
  }

  startAll(): void {
    for (const slot of this.#releases.keys()) this.#start(slot, 10);
  }

  /** From now on there is a process in this slot, too. */
  open(slot: string, release: Release): void {
    this.#releases.set(slot, release);
    this.#start(slot, this.#cloud.scheduler.outside.random.between(1_000, 60_000));
  }

  at(slot: string): SimProcess | undefined {
    return this.#present.get(slot);
  }

  /** Whether somebody has not come to the end of it. */
  get isRebuilding(): boolean {
    return this.present().some(({ role, state }) => role === rebuildRole && state === "starting");
  }

  present(): SimProcess[] {
    return [...this.#present.values()];
  }

  /** A process of the API that answers, if there is one; of several any. */
  api(): { readonly process: SimProcess; readonly api: Api } | undefined {
    const running = [...this.#apis].filter(([{ state }]) => state === "runs");
    if (running.length === 0) return undefined;
    const [process, api] = this.#random.pick(running);
    return { process, api };
  }

  /** Without a word. */
  kill(slot: string): void {
    const process = this.#present.get(slot);
    if (!process || process.state === "over") return;
    this.#cloud.scheduler.note(`${process.owner.name} is killed`);
    this.preemptions += 1;
    process.kill();
    this.#restart(slot, process);
  }

  /** SIGTERM, and SIGKILL when the notice is over; another is started meanwhile. */
  preempt(slot: string): void {
    const process = this.#present.get(slot);
    if (process?.state !== "runs") {
      this.kill(slot);
      return;
    }
    this.preemptions += 1;
    const { scheduler } = this.#cloud;
    process.drain(() => process.kill());
    scheduler.plan(scheduler.outside, noticeMs, "", () => {
      if (process.state === "over") return;
      scheduler.note(`${process.owner.name} has not stopped in time and is killed`);
      process.kill();
    });
    this.#restart(slot, process);
  }

  deploy(slot: string, release: Release): void {
    this.#releases.set(slot, release);
    this.preempt(slot);
  }

  #restart(slot: string, ended: SimProcess): void {
    if (this.#present.get(slot) !== ended) return;
    this.#present.delete(slot);
    if (!this.isClosing) this.#start(slot, this.#cloud.scheduler.outside.random.between(500, 12_000));
  }

  #start(slot: string, afterMs: number): void {
    this.#started += 1;
    const release = this.#releases.get(slot);
    if (!release) throw new Error(`no slot ${slot}`);
    const process: SimProcess = new SimProcess(
      this.#cloud,
      `${slot}.${this.#started}`,
      this.#roleOf(slot, () => process),
      release,
    );
    process.owner.clockAheadMs = this.#skewMs(process.owner.name);
    this.#present.set(slot, process);
    for (const other of this.living) if (other.state === "over") this.#forget(other);
    this.living.add(process);
    process.start(afterMs, () => this.#restart(slot, process));
  }

  #forget(process: SimProcess): void {
    this.living.delete(process);
    this.#apis.delete(process);
  }

  #roleOf(slot: string, self: () => SimProcess): Role {
    const [service = ""] = slot.split("-");
    if (service === "catalog") return catalogRole;
    if (service === "fetch") return fetchRole;
    if (service === "rebuild") return rebuildRole;
    if (service === "ingest") return apiRole((api) => void this.#apis.set(self(), api));
    return workerRole(service);
  }
}
