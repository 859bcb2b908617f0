import type { Plant } from "./plant.ts";

const fetch = "services/fetch/src";

/** Of the service that fetches sources. */
export const fetchPlants: readonly Plant[] = [
  {
    name: "fetch-told-before-stored",
    what: "how a fetch has ended is told before it is stored",
    file: `${fetch}/handle-fetch.ts`,
    find: "  const end = await fetches.createEnd(attempted, request);",
    put: "  await tellEnd(context, delivery, request, attempted);\n  const end = await fetches.createEnd(attempted, request);",
  },
  {
    name: "fetch-acked-before-told",
    what: "a fetch is acked before anybody has heard how it ended",
    file: `${fetch}/handle-fetch.ts`,
    find: "  const attempted = await attemptFetch(",
    put: "  delivery.ack();\n  const attempted = await attemptFetch(",
  },
  {
    name: "fetched-begins-nothing",
    what: "what was fetched is told to the catalog, and the chain does not begin",
    file: `${fetch}/tell-end.ts`,
    find: "publisher.fact(recordOf(end, master), planFetched(chain, request, master))",
    put: "void [recordOf, planFetched, chain]",
  },
  {
    name: "source-forgotten-too-soon",
    what: "what is secret of a source is forgotten when it is read, and not when it is fetched",
    file: "packages/artifacts/src/fetch-objects.ts",
    find: "      return (await readObjectAs(store, refOf(sourceObjectName(trackId)), KeptSource))?.url;\n",
    put: "      const ref = refOf(sourceObjectName(trackId));\n      const url = (await readObjectAs(store, ref, KeptSource))?.url;\n      await store.deleteObject(ref);\n      return url;\n",
  },
];
