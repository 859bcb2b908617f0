import { z } from "zod";
import { InjectedRequest } from "../cast/injected-request.ts";
import { type MasterText, writeMaster } from "../fleet/results.ts";
import { contentOf, Deletions } from "../law/deletions.ts";
import type { Cloud } from "../world/cloud.ts";
import type { Keeper } from "./keeper.ts";
import type { Errand } from "./plan.ts";

/** How long a client waits for an answer; one that has lost its connection asks again at once. */
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
  /** Errands that were refused since what they are about is deleted, or may not come. */
  readonly #refused = new Set<string>();
  readonly deletions = new Deletions();
  readonly #keys = new Map<string, Set<string>>();
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
    if ("of" in errand && this.#refused.has(errand.of)) {
      // It was about what never came to be.
      this.#refused.add(errand.key);
      this.open.delete(errand.key);
      return;
    }
    const request = this.#requestOf(errand);
    if (!found || !request) {
      again();
      return;
    }
    let isOver = false;
    this.#noteKey(request.what, errand.key);
    const { random } = scheduler.outside;
    const isLost = this.#cloud.faults.losesConnection();
    const waitsMs = isLost ? random.between(1, 200) : answerLimitMs;
    const limit = scheduler.plan(scheduler.outside, waitsMs, "", () => {
      isOver = true;
      if (isLost) this.#later(errand, 0);
      else again();
    });
    scheduler.plan(found.process.owner, random.longTailed(3), `hears ${errand.key}`, () => {
      // Its own type knows of no request that lacks nothing.
      const injected = { ...request.sent, Request: InjectedRequest } as object;
      const hear = ({ statusCode, body }: { readonly statusCode: number; readonly body: string }) => {
        if (isOver) return;
        scheduler.cancel(limit);
        scheduler.note(`answers ${errand.key}: ${statusCode}`);
        if (statusCode === 202) this.#keep(errand, Receipt.parse(JSON.parse(body)).id);
        // What it is about was deleted, or may not come any more.
        else if (statusCode === 410 || statusCode === 451) this.#letGo(errand, body);
        // What is to be steered is over.
        else if (statusCode === 409 && errand.kind === "steer") this.open.delete(errand.key);
        else if (statusCode >= 500 || statusCode === 404 || statusCode === 429) again();
        else this.onContradiction(`${errand.key} was answered ${statusCode}: ${body}`);
      };
      found.api.inject(injected).then(hear, (error) => {
        // On its way the API has stopped: nobody listens any more, and the client gives up by itself.
        if (error.code !== "FST_ERR_REOPENED_CLOSE_SERVER") throw error;
      });
    });
  }

  /** Keys under which something of a kind was asked for. */
  keysOf(what: string): ReadonlySet<string> {
    return this.#keys.get(what) ?? new Set();
  }

  /** Only what somebody has asked for is gone. */
  #letGo(errand: Errand, body: string): void {
    this.open.delete(errand.key);
    this.#refused.add(errand.key);
    if (!this.deletions.mayRefuse(errand, (key) => this.promised.get(key)?.id))
      this.onContradiction(`${errand.key} was refused as deleted: ${body}`);
  }

  #noteKey(what: string, key: string): void {
    this.#keys.set(what, new Set([...this.keysOf(what), key]));
  }

  #keep(errand: Errand, id: string): void {
    const before = this.promised.get(errand.key);
    if (before && before.id !== id)
      this.onContradiction(`${errand.key} was promised as ${before.id} and as ${id}`);
    this.open.delete(errand.key);
    if (errand.kind === "takedown") this.deletions.noteTakenDown(errand, this.#cloud.scheduler.nowMs);
    const promised = { errand, id, atMs: this.#cloud.scheduler.nowMs };
    this.promised.set(errand.key, promised);
    this.onPromise(promised);
  }

  /** Puts a master into the client's own bucket, or onto its server, of which the fleet knows nothing; tells where it is. */
  #offer(master: MasterText, by: "bucket" | "host"): string {
    const { objects, scheduler, sources } = this.#cloud;
    if (by === "host") {
      const url = `https://clients.test/${master.name}.bin?signature=of-${master.name}`;
      sources.offer(url, writeMaster(master));
      return url;
    }
    const ref = { bucket: "clients", name: `${master.name}.bin` };
    const { nowMs } = scheduler;
    const about = {
      contentType: undefined,
      metadata: {},
      nowMs,
      at: new Date(scheduler.wallMs(scheduler.outside)),
    };
    if (!objects.get(ref)) objects.put(ref, writeMaster(master), about);
    return `gs://${ref.bucket}/${ref.name}`;
  }

  /** What is sent, and what it is called; undefined while what it is about is not there yet. */
  #requestOf(errand: Errand) {
    const headers = { "idempotency-key": errand.key };
    const json = { ...headers, "content-type": "application/json" };
    switch (errand.kind) {
      case "submit": {
        const what = `track ${errand.key}`;
        if (errand.by !== "bytes") {
          const { targets, key: title } = errand;
          const payload = {
            source: this.#offer(errand.master, errand.by),
            title,
            ...(targets ? { targets } : {}),
          };
          return { what, sent: { method: "POST", url: "/v1/tracks", headers: json, payload } };
        }
        const targets = errand.targets ? `&targets=${errand.targets.join(",")}` : "";
        const octets = { ...headers, "content-type": "application/octet-stream" };
        const url = `/v1/tracks?title=${errand.key}${targets}`;
        const payload = writeMaster(errand.master);
        return { what, sent: { method: "POST", url, headers: octets, payload } };
      }
      case "replay": {
        const track = this.promised.get(errand.of);
        const force = errand.force.filter((step) => track && wants(track.errand, step));
        if (!track) return undefined;
        const url = `/v1/tracks/${track.id}/replay`;
        const sent = { method: "POST", url, headers: json, payload: forcing(force) };
        return { what: `replay of ${track.id}`, sent };
      }
      case "backfill": {
        const payload = { targets: errand.targets, ...forcing(errand.force), inFlight: 4 };
        return { what: "backfills", sent: { method: "POST", url: "/v1/backfills", headers: json, payload } };
      }
      case "delete": {
        const track = this.promised.get(errand.of);
        if (track?.errand.kind !== "submit") return undefined;
        this.deletions.noteDeleted(track.id, track.errand);
        const sent = { method: "DELETE", url: `/v1/tracks/${track.id}`, headers };
        return { what: `deletion of ${track.id}`, sent };
      }
      case "takedown": {
        const { again } = errand;
        this.deletions.noteAsked(errand);
        const payload = { masters: [contentOf(errand.master)], again };
        return { what: "takedowns", sent: { method: "POST", url: "/v1/takedowns", headers: json, payload } };
      }
      case "steer": {
        const backfill = this.promised.get(errand.of);
        const url = `/v1/backfills/${backfill?.id}/${errand.action}`;
        return backfill && { what: `steering of ${backfill.id}`, sent: { method: "POST", url } };
      }
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
