import { listTracks, type Pool, readTrack } from "@segue/catalog-db";
import type { Chain } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import { planCatalog, planTracks } from "@segue/plan";
import { readUnfetched } from "../../services/catalog/src/backfill/read-tracks.ts";
import { readNextLooks } from "../../services/catalog/src/reconcile/next-looks.ts";
import { createWatches } from "../../services/catalog/src/reconcile/watches.ts";

/** Milliseconds of each question that somebody asks a catalog, by name: the median of several. */
export type Looks = Readonly<Record<string, number>>;

const rounds = 5;
const pageSize = 100;

/** @param middle the id of a track that as many are older than as are younger. */
export async function measureLooks(pool: Pool, chain: Chain<StepSpec>, middle: string): Promise<Looks> {
  const watches = createWatches(pool);
  const page = { targets: chain.defaultTargets, force: [], limit: pageSize };
  // Another target than they have: all of a page are planned for.
  const questions: Readonly<Record<string, () => Promise<unknown>>> = {
    "one track, with its facts": () => readTrack(pool, middle),
    "the newest 100": () => listTracks(pool, { limit: pageSize }),
    "100 from the middle": () => listTracks(pool, { limit: pageSize, before: middle }),
    "100 that failed with a code": () => listTracks(pool, { limit: pageSize }, { code: "not-audio" }),
    "what the reconciler looks at next": async () => {
      await readNextLooks(pool, 60_000);
      await watches.findDue(new Date(), 60_000, pageSize);
    },
    "100 items of a backfill": async () => {
      const selection = { after: middle, acceptedUntil: new Date() };
      await readUnfetched(pool, selection, pageSize);
      await planTracks(pool, chain, page, selection);
    },
    "a plan of one track": () => planCatalog(pool, chain, { trackId: middle }),
    "a plan of all": () => planCatalog(pool, chain),
  };
  const looks: Record<string, number> = {};
  for (const [name, ask] of Object.entries(questions)) {
    await ask();
    const times: number[] = [];
    for (let round = 0; round < (name.endsWith("all") ? 1 : rounds); round++) {
      const startedAt = performance.now();
      await ask();
      times.push(performance.now() - startedAt);
    }
    looks[name] = times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;
  }
  return looks;
}
