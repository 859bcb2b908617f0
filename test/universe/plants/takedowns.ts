import type { Plant } from "./plant.ts";

/** Of what has tracks deleted. */
export const takedownPlants: readonly Plant[] = [
  {
    name: "nothing-held-against",
    what: "a track that is deleted leaves no tombstone: what comes of it later is taken",
    file: "services/catalog/src/takedowns/bury-tracks.ts",
    find: "    await client.query(keepTombstones,",
    put: "    if (ids.length < 0) await client.query(keepTombstones,",
    takesDown: true,
  },
  {
    name: "late-news-is-not-swept",
    what: "what comes of a track after its takedown has found nothing any more is refused, and what that has left is not looked for",
    file: "services/catalog/src/takedowns/takedown-rows.ts",
    find: "or (due_at is null or state in ('removed', 'final')) and exists (",
    put: "or false and exists (",
    takesDown: true,
  },
  {
    name: "others-lose-theirs",
    what: "a master goes although somebody else has a track of it",
    file: "services/catalog/src/takedowns/remove-masters.ts",
    find: "    if (row.isLiving) {\n",
    put: '    if (row.isLiving && row.master === "") {\n',
    takesDown: true,
  },
];
