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
    find: "    else if (next.isGivenBack())\n",
    put: '    else if (next.isGivenBack() && ending === "computed")\n',
  },
  {
    name: "group-forgets-one",
    what: "of the steps that are to follow in the same attempt the first is forgotten",
    file,
    find: "    for (const taker of takers)\n",
    put: "    for (const taker of takers.slice(1))\n",
  },
  {
    name: "group-looks-once",
    what: "a join that misses an input does not look again when its group's records are written",
    file,
    placed: "economy",
    find: "const mayBeThere = ledger !== null &&",
    put: "const mayBeThere = ledger === undefined &&",
  },
  {
    name: "group-tells-first",
    what: "others are told of what a group has made before its records are written",
    file: "packages/runner/src/group/outgoing.ts",
    placed: "economy",
    find: "      await ledger?.flush();\n",
    put: "",
  },
  {
    name: "ledger-overwrites",
    what: "records that are written to a ledger take the place of those that are there",
    file: "packages/artifacts/src/ledgers.ts",
    placed: "economy",
    find: "{ ...existing?.records, ...news }",
    put: "news",
  },
];
