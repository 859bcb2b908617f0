import { createHash } from "node:crypto";
import type { Played } from "./play-seed.ts";

/** What is known of many seeds together. */
export class Tally {
  readonly #hash = createHash("sha256");
  seeds = 0;
  preemptions = 0;
  faults = 0;
  events = 0;
  readonly broken: Pick<Played, "seed" | "breach">[] = [];

  add(played: Omit<Played, "trace">): void {
    this.seeds += 1;
    this.preemptions += played.preemptions;
    this.faults += played.faults;
    this.events += played.events;
    this.#hash.update(played.digest);
    if (played.breach) this.broken.push(played);
  }

  /** One seed's own, or a hash of all. */
  digest(): string {
    return this.#hash.copy().digest("hex");
  }

  describe(cpuMs: number): string {
    const { seeds, preemptions, faults, events, broken } = this;
    const perSeed = seeds > 0 ? `, ${Math.round(cpuMs / seeds)} ms of CPU each` : "";
    return `${seeds} worlds, ${preemptions} preemptions, ${faults} faults, ${events} events${perSeed}; ${broken.length} broken`;
  }
}

export function describePlayed({ seed, breach, preemptions, faults, events }: Omit<Played, "trace">): string {
  const verdict = breach ? `BROKEN: ${breach.message}` : "all laws hold";
  return `seed ${seed}: ${verdict} (${preemptions} preemptions, ${faults} faults, ${events} events)`;
}
