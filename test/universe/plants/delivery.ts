import type { Plant } from "./plant.ts";

const runner = "packages/runner/src";

/** Of a worker that handles a delivery. */
export const deliveryPlants: readonly Plant[] = [
  {
    name: "ack-before-store",
    what: "a delivery is acked before anything is done about it",
    file: `${runner}/handle-delivery.ts`,
    find: "  try {\n    const ending =",
    put: "  given.delivery.ack();\n  try {\n    const ending =",
  },
  {
    name: "announce-before-record",
    what: "a result is told before its record is stored",
    file: `${runner}/compute.ts`,
    find: "  const stored = await ",
    put: '  await announce(parts, errand, record, "computed", attempt);\n  const stored = await ',
  },
  {
    name: "outputs-of-two-runs",
    what: "a step that takes two outputs of another is given those of two runs",
    file: `${runner}/gather-inputs.ts`,
    find: "    if (size > 1) throw",
    put: "    if (size > 2) throw",
  },
  {
    name: "continuation-not-sent",
    what: "a long run stores its checkpoint, and nobody is told to go on",
    file: `${runner}/compute.ts`,
    find: '  await parts.publisher.task({ type: "Continue", ...next, checkpoint });\n',
    put: "  void next;\n",
  },
  {
    name: "joining-not-sent",
    what: "whoever makes the last piece leaves the joining to nobody",
    file: `${runner}/scatter.ts`,
    find: '  await parts.publisher.task({ type: "Join", ...forOurselves(parts, errand) });\n',
    put: "",
  },
  {
    name: "last-share-is-forgotten",
    what: "of the shares that a run falls into the last is not sent",
    file: `${runner}/scatter.ts`,
    find: "await Promise.all(shares.map((share)",
    put: "await Promise.all(shares.slice(0, Math.max(1, shares.length - 1)).map((share)",
  },
  {
    name: "rebuild-not-asked-for",
    what: "an input has expired, and its producer is not asked to make it again",
    file: `${runner}/demand-input.ts`,
    find: '  await publisher.task({ type: "Rebuild", step: producer.name, request, waiting, hops });\n',
    put: "  void [publisher, waiting];\n",
  },
  {
    name: "those-that-wait-are-forgotten",
    what: "a payload is made again, and whoever waits for it hears nothing",
    file: `${runner}/announce.ts`,
    find: "    await parts.publisher.task({ type, step: next, request, waiting, hops: errand.hops });\n",
    put: "    void [type, waiting];\n",
  },
  {
    name: "older-worker-takes-it",
    what: "a worker takes what was asked for in a later version than its own",
    file: `${runner}/make-artifact.ts`,
    find: "  if (asked <= step.version) return;",
    put: "  if (asked >= 0) return;",
  },
  {
    name: "join-trusts-its-own-addresses",
    what: "a join looks for its inputs where its own release would have put them, and not where the request has them",
    file: "packages/chain/src/locate.ts",
    find: "chain.addressesFor(master, addresses)",
    put: "chain.addressesFor(master, addresses && {})",
  },
  {
    name: "plan-not-amended",
    what: "what is made elsewhere than planned is told, and not noted for whoever misses it later",
    file: `${runner}/announce.ts`,
    find: "  await Promise.all(news.map(([kind, address]) => amendments.note({ requestId, kind }, address)));\n",
    put: "  void [amendments, requestId];\n",
  },
  {
    name: "force-without-an-id",
    what: "what a request forces is made again at every delivery",
    file: "packages/contracts/src/forced.ts",
    find: "  return isForced(step, request) && !isMadeFor(existing, request.requestId);",
    put: "  return isForced(step, request) && existing !== undefined;",
  },
  {
    name: "handed-back-is-acked",
    what: "what a worker hands back, since it drains or storage is away, is gone",
    file: `${runner}/give-back.ts`,
    find: '    log.warn(fields, "handed back");\n    delivery.nack();',
    put: '    log.warn(fields, "handed back");\n    delivery.ack();',
  },
  {
    name: "attempts-leave-their-folders",
    what: "an attempt's folder stays",
    file: `${runner}/attempt.ts`,
    find: "        await rm(path, { recursive: true, force: true }).catch((error) =>",
    put: "        await Promise.resolve().catch((error) =>",
  },
  {
    name: "upload-fails-unseen",
    what: "a file that can't be stored ends its worker",
    file: `${runner}/long-run.ts`,
    find: "    storing.catch(() => {});\n",
    put: "",
  },
  {
    name: "checkpoint-before-its-files",
    what: "a checkpoint is stored before the files that it names",
    file: `${runner}/long-run.ts`,
    find: "    async saveCheckpoint(spent) {\n      await allStored(run);",
    put: "    async saveCheckpoint(spent) {",
  },
];
