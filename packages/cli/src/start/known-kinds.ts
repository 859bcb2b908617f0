import type { ApiClient } from "@segue/client";
import type { TrackResource } from "@segue/contracts";
import type { KindsByName } from "@segue/wording";

/** A kind that is not listed may be of a step that has left the fleet: asking again for every track would be for nothing. */
const leastAgeMs = 5_000;

/** The kinds of a fleet, as its API tells them: asked for when they are needed, and again when a result is of none of them. */
export class KnownKinds {
  readonly #api: Pick<ApiClient, "listKinds">;
  readonly #now: () => number;
  #kinds: KindsByName = new Map();
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor(api: Pick<ApiClient, "listKinds">, now: () => number = Date.now) {
    this.#api = api;
    this.#now = now;
  }

  /** For showing a track. None of an API that is too old to tell. @throws what `listKinds` does. */
  async of({ results }: Pick<TrackResource, "results">, signal: AbortSignal): Promise<KindsByName> {
    const isKnown = Object.keys(results).every((kind) => this.#kinds.has(kind));
    if (!isKnown && this.#now() - this.#askedMs >= leastAgeMs) {
      const { kinds } = (await this.#api.listKinds({ signal })) ?? { kinds: [] };
      this.#kinds = new Map(kinds.map((kind) => [kind.name, kind]));
      this.#askedMs = this.#now();
    }
    return this.#kinds;
  }
}

/** What the fleet makes for every track by now, and this one was not accepted for. */
export function targetsSince({ targets }: Pick<TrackResource, "targets">, kinds: KindsByName): string[] {
  return [...kinds.values()].flatMap(({ name, step, retention, defaultTarget }) =>
    step !== null && retention === "derivative" && defaultTarget && !targets.includes(name) ? [name] : [],
  );
}
