import type { Plant } from "./plant.ts";

/** Of what is kept in storage, and of how a process speaks with the queue. */
export const cloudPlants: readonly Plant[] = [
  {
    name: "payload-not-waited-for",
    what: "a record is stored while its payload is still on its way",
    file: "packages/artifacts/src/place-payload.ts",
    find: "    const there = await write(own, { createOnly: true, isFirst: true });",
    put: "    write(own, { createOnly: true }).catch(() => {});\n    return { ref: own, record: undefined };",
  },
  {
    name: "records-with-files-not-read",
    what: "whoever looks for a result does not look at the file that its record is with",
    file: "packages/artifacts/src/find-record.ts",
    find: "  return record ? { record, output: null } : own;",
    put: "  return record && own ? { record, output: null } : own;",
  },
  {
    name: "records-overwrite",
    what: "the last record at an address wins",
    file: "packages/artifacts/src/artifacts.ts",
    find: "await createObject(store, ref, record);",
    put: "await store.writeObject({ ...ref, body: Buffer.from(JSON.stringify(record)), createOnly: false });",
  },
  {
    name: "merge-overwrites",
    what: "a record that is replaced follows from what was read, whatever is there by now",
    file: "packages/artifacts/src/rewrite-object.ts",
    find: "{ createOnly: false, ifGeneration: generation }",
    put: "{ createOnly: false }",
  },
  {
    name: "lease-extension-lost",
    what: "a lease is extended for a moment only",
    file: "packages/queue/src/open-lane.ts",
    find: "maxExtensionTime: Duration.from({ milliseconds: extendMs })",
    put: "maxExtensionTime: Duration.from({ milliseconds: Math.min(1, extendMs) })",
  },
  {
    name: "drain-drops",
    what: "what comes while a stream is closed is acked",
    file: "packages/queue/src/open-lane.ts",
    find: "    if (isClosing) message.nack();",
    put: "    if (isClosing) message.ack();",
  },
  {
    name: "drain-leaves-threads",
    what: "a worker that has drained leaves its threads running",
    file: "packages/host/src/run-steps.ts",
    find: "      await Promise.all(hosted.map(({ pool }) => pool[Symbol.asyncDispose]()));\n",
    put: "",
  },
];
