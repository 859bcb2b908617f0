import { createHash } from "node:crypto";
import type { Played } from "./play-seed.ts";

/** What is known of many seeds together. */
export class Tally {
  readonly #played: Pick<Played, "seed" | "digest">[] = [];
  seeds = 0;
  preemptions = 0;
  faults = 0;
  events = 0;
  cpuMs = 0;
  readonly broken: Pick<Played, "seed" | "breach">[] = [];

  add(played: Omit<Played, "trace"> & { readonly cpuMs: number }): void {
    this.seeds += 1;
    this.preemptions += played.preemptions;
    this.faults += played.faults;
    this.events += played.events;
    this.cpuMs += played.cpuMs;
    this.#played.push(played);
    if (played.breach) this.broken.push(played);
  }

  /** A hash of all of them, in whatever order they were played. */
  digest(): string {
    const digests = this.#played.toSorted((a, b) => a.seed - b.seed).map(({ digest }) => digest);
    return createHash("sha256").update(digests.join("")).digest("hex");
  }

  describe(): string {
    const { seeds, preemptions, faults, events, cpuMs, broken } = this;
    const perSeed = seeds > 0 ? `, ${Math.round(cpuMs / seeds)} ms of CPU each` : "";
    return `${seeds} worlds, ${preemptions} preemptions, ${faults} faults, ${events} events${perSeed}; ${broken.length} broken`;
  }
}

export function describePlayed({ seed, breach, preemptions, faults, events }: Omit<Played, "trace">): string {
  const verdict = breach ? `BROKEN: ${breach.message}` : "all laws hold";
  return `seed ${seed}: ${verdict} (${preemptions} preemptions, ${faults} faults, ${events} events)`;
}
