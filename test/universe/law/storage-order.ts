import { names } from "../cast/context.ts";
import type { Cloud } from "../world/cloud.ts";
import type { Report } from "./breach.ts";
import { readAnnounced, recordsInLedger, recordWithPayload } from "./read-message.ts";

const checkpointName = /^(([0-9a-f]{64})(?:\.[0-9a-f-]{36})?)\.run\/state\//;

/** What is told of is there by then: the record of what is announced, and the files that a checkpoint names. */
export function watchStorageOrder({ queue, objects }: Cloud, report: Report): void {
  /** In ledgers, and with files. */
  const recorded = new Set<string>();
  const hasRecord = (address: string) => recorded.has(address) || hasOwnRecord(objects, address);
  const noteMessage = queue.onPublished;
  queue.onPublished = (message) => {
    noteMessage(message);
    for (const { address, kind } of readAnnounced(message))
      if (!hasRecord(address))
        report(
          "stored before it is told",
          `${message.topic} tells of ${kind} ${address}, which has no record`,
        );
  };
  const noteObject = objects.onChange;
  const scratch = names.bucket("scratch");
  objects.onChange = (ref, before, after) => {
    noteObject(ref, before, after);
    for (const [address, record] of Object.entries(recordsInLedger(ref.name, after?.bytes)))
      for (const at of [address, ...Object.values(Object(Object(record).outputs))]) recorded.add(String(at));
    const withFile = after && recordWithPayload(after);
    if (withFile) recorded.add(withFile.address);
    const [, run, address] = (ref.bucket === scratch && after && checkpointName.exec(ref.name)) || [];
    if (address === undefined || !after) return;
    // Another attempt may have come to the end, and removed what nobody needs any more.
    if (hasRecord(address)) return;
    const { files } = JSON.parse(after.bytes.toString("utf8")) as { readonly files: readonly string[] };
    for (const file of files)
      if (!objects.get({ bucket: scratch, name: `${run}.run/files/${file}` }))
        report("stored before it is told", `a checkpoint of ${address} names ${file}, which is not there`);
  };
}

/** Of one of several outputs there is what leads to the record of all, and that record. */
function hasOwnRecord(objects: Cloud["objects"], address: string): boolean {
  const at = (name: string) => objects.get({ bucket: names.bucket("records"), name: `${name}.json` });
  const { madeAt } = JSON.parse(at(address)?.bytes.toString("utf8") ?? "{}") as { readonly madeAt?: string };
  return at(madeAt ?? address) !== undefined;
}
