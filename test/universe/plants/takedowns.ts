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
  {
    name: "untold-masters-stay",
    what: "before the last is said of a track, nobody looks for masters that a fetch has stored and told nobody of",
    file: "services/catalog/src/takedowns/sweep-takedown.ts",
    find: 'if (state !== "removed" || now < since',
    put: 'if (state === "removed" || now < since',
    takesDown: true,
  },
  {
    name: "who-comes-meanwhile-finds-nothing",
    what: "a track that came while its master was removed is not made anew",
    file: "services/catalog/src/takedowns/sweep-takedown.ts",
    find: "  await healTracks(",
    put: "  if (takedown.sweeps < 0) await healTracks(",
    takesDown: true,
  },
];
