import { z } from "zod";
import { InjectedRequest } from "../cast/injected-request.ts";
import { type MasterText, writeMaster } from "../fleet/results.ts";
import type { Cloud } from "../world/cloud.ts";
import type { Keeper } from "./keeper.ts";
import type { Errand } from "./plan.ts";

const answerLimitMs = 40_000;
const Receipt = z.object({ id: z.string() });

/** What a client was promised. */
export interface Promised {
  readonly errand: Errand;
  readonly id: string;
  readonly atMs: number;
}

/** Clients ask again, under the same key, until they are answered. */
export class Clients {
  readonly #cloud: Cloud;
  readonly #keeper: Keeper;
  readonly promised = new Map<string, Promised>();
  readonly open = new Set<string>();
  /** Told of every promise, as it is made. */
  onPromise: (promised: Promised) => void = () => {};
  /** Told of what should never be said. */
  onContradiction: (what: string) => void = () => {};

  constructor(cloud: Cloud, keeper: Keeper) {
    this.#cloud = cloud;
    this.#keeper = keeper;
  }

  begin(errand: Errand): void {
    this.open.add(errand.key);
    this.#later(errand, errand.atMs);
  }

  #later(errand: Errand, afterMs: number): void {
    const { scheduler } = this.#cloud;
    scheduler.plan(scheduler.outside, afterMs, `client: ${errand.kind} ${errand.key}`, () =>
      this.#ask(errand),
    );
  }

  #ask(errand: Errand): void {
    const { scheduler } = this.#cloud;
    const again = () => {
      if (this.open.has(errand.key)) this.#later(errand, scheduler.outside.random.between(1_000, 8_000));
    };
    const found = this.#keeper.api();
    const request = this.#requestOf(errand);
    if (!found || !request) {
      again();
      return;
    }
    let isOver = false;
    const limit = scheduler.plan(scheduler.outside, answerLimitMs, "", () => {
      isOver = true;
      again();
    });
    scheduler.plan(found.process.owner, scheduler.outside.random.longTailed(3), `hears ${errand.key}`, () => {
      // Its own type knows of no request that lacks nothing.
      const injected = { ...request, Request: InjectedRequest } as object;
      found.api.inject(injected).then(({ statusCode, body }) => {
        if (isOver) return;
        scheduler.cancel(limit);
        scheduler.note(`answers ${errand.key}: ${statusCode}`);
        if (statusCode === 202) this.#keep(errand, Receipt.parse(JSON.parse(body)).id);
        else if (statusCode >= 500 || statusCode === 404 || statusCode === 429) again();
        else this.onContradiction(`${errand.key} was answered ${statusCode}: ${body}`);
      });
    });
  }

  #keep(errand: Errand, id: string): void {
    const before = this.promised.get(errand.key);
    if (before && before.id !== id)
      this.onContradiction(`${errand.key} was promised as ${before.id} and as ${id}`);
    this.open.delete(errand.key);
    const promised = { errand, id, atMs: this.#cloud.scheduler.nowMs };
    this.promised.set(errand.key, promised);
    this.onPromise(promised);
  }

  /** Puts a master into the client's own bucket, of which the fleet knows nothing; tells its name. */
  #offer(master: MasterText): string {
    const { objects, scheduler } = this.#cloud;
    const ref = { bucket: "clients", name: `${master.name}.bin` };
    const { nowMs } = scheduler;
    const about = { contentType: undefined, nowMs, at: new Date(scheduler.wallMs(scheduler.outside)) };
    if (!objects.get(ref)) objects.put(ref, writeMaster(master), about);
    return `gs://${ref.bucket}/${ref.name}`;
  }

  /** Undefined while what it is about is not there yet. */
  #requestOf(errand: Errand) {
    const headers = { "idempotency-key": errand.key };
    const json = { ...headers, "content-type": "application/json" };
    switch (errand.kind) {
      case "submit": {
        if (errand.bySource) {
          const { targets } = errand;
          const payload = { source: this.#offer(errand.master), ...(targets ? { targets } : {}) };
          return { method: "POST", url: "/v1/tracks", headers: json, payload };
        }
        const query = errand.targets ? `?targets=${errand.targets.join(",")}` : "";
        const octets = { ...headers, "content-type": "application/octet-stream" };
        return {
          method: "POST",
          url: `/v1/tracks${query}`,
          headers: octets,
          payload: writeMaster(errand.master),
        };
      }
      case "replay": {
        const track = this.promised.get(errand.of);
        const force = errand.force.filter((step) => track && wants(track.errand, step));
        return (
          track && {
            method: "POST",
            url: `/v1/tracks/${track.id}/replay`,
            headers: json,
            payload: forcing(force),
          }
        );
      }
      case "backfill":
        return {
          method: "POST",
          url: "/v1/backfills",
          headers: json,
          payload: { targets: errand.targets, ...forcing(errand.force), inFlight: 4 },
        };
    }
  }
}

/** A list of none is refused. */
function forcing(force: readonly string[]): { readonly force?: readonly string[] } {
  return force.length > 0 ? { force } : {};
}

const needs: Readonly<Record<string, readonly string[]>> = {
  colour: ["grind", "paint"],
  weight: ["grind", "weigh"],
  label: ["grind", "paint", "weigh", "label"],
  trail: ["grind", "walk"],
  mosaic: ["grind", "tile"],
  husk: ["grind", "cleave"],
  polish: ["grind", "cleave", "polish"],
};

/** Whether a submission asks for a step. */
export function wants(errand: Errand, step: string): boolean {
  if (errand.kind !== "submit") return false;
  return stepsOf(errand.targets ?? Object.keys(needs)).includes(step);
}

/** The steps that lead to targets. */
export function stepsOf(targets: readonly string[]): string[] {
  return targets.flatMap((target) => needs[target] ?? []);
}
