import type { Plant } from "./plant.ts";

const file = "packages/runner/src/group/handle-in-group.ts";

/** Of steps that are done in one attempt. */
export const groupPlants: readonly Plant[] = [
  {
    name: "group-acks-early",
    what: "a delivery is acked while what follows from it in its own service is under way",
    file,
    find: "  const trouble = await following.ended();\n",
    put: "  const trouble: unknown = void following.ended();\n",
  },
  {
    name: "group-drops-given-back",
    what: "what fails of a group is not sent to the queue, and nobody tries it again",
    file,
    find: "    if (!isGivenBack) return;",
    put: "    if (isGivenBack || !isGivenBack) return;",
  },
  {
    name: "group-forgets-one",
    what: "of the steps that are to follow in the same attempt the first is forgotten",
    file,
    find: "    for (const taker of takers) begin(taker, topic, sent);",
    put: "    for (const taker of takers.slice(1)) begin(taker, topic, sent);",
  },
];
