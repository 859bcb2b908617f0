import type { Plant } from "./plant.ts";

/** Of the catalog, and of the API. */
export const catalogPlants: readonly Plant[] = [
  {
    name: "catalog-acks-first",
    what: "the catalog acks a message before its rows are committed",
    file: "services/catalog/src/projector.ts",
    find: "        const younger = await commit(options, some);\n",
    put: "        for (const { settle } of some) settle();\n        const younger = await commit(options, some);\n",
  },
  {
    name: "intermediates-go-too-soon",
    what: "the catalog deletes what a step has made before the others have used it",
    file: "services/catalog/src/spent-intermediates.ts",
    find: '  if (state === "accepted" || state === "processing") return false;\n',
    put: "  void state;\n",
    also: {
      file: "services/catalog/src/clear-intermediates.ts",
      find: "      found.filter(({ isWanted }) => !isWanted),\n",
      put: "      found,\n",
    },
  },
  {
    name: "reconciler-skips-new-tracks",
    what: "tracks that only storage knows of are not looked for",
    file: "services/catalog/src/reconcile/start-reconciler.ts",
    find: '    await fulfil("sweep", sweep.run);\n',
    put: '    await fulfil("sweep", async () => void sweep);\n',
  },
  {
    name: "reconciler-oversleeps",
    what: "tracks that are due are not looked at, since nothing is told to be due",
    file: "services/catalog/src/reconcile/start-reconciler.ts",
    find: "    tracks: isDue(due.tracks),\n",
    put: "    tracks: false,\n",
  },
  {
    name: "given-up-is-not-sent-again",
    what: "what the queue has given up on is acked and forgotten",
    file: "services/catalog/src/send-again.ts",
    find: "      await publish({ story: delivery.attributes[storyAttribute], returned });\n",
    put: "      void publish;\n",
  },
  {
    name: "accepted-before-it-is-safe",
    what: "a client is answered before its track is in storage",
    file: "services/ingest/src/accept-track.ts",
    find: "  const storedAt = await context.tracks.create(track);\n",
    put: "  const storedAt = context.now();\n  context.tracks.create(track).catch(() => {});\n",
  },
  {
    name: "key-stands-for-nothing",
    what: "a request that comes again under its key is another one",
    file: "services/ingest/src/once/keyed-requests.ts",
    find: 'claim: (key, claim) => createOrRead(store, refOf(key, "request"), Claim, claim),',
    put: 'claim: async (key, claim) => (await createOrRead(store, refOf(key, "request"), Claim, claim)) && claim,',
  },
  {
    name: "older-result-holds",
    what: "of two versions the catalog keeps the lower",
    file: "services/catalog/src/derive-step.ts",
    find: "  return b.version - a.version ||",
    put: "  return a.version - b.version ||",
  },
];
