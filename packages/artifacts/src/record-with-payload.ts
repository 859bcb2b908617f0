/**
 * The record of a file that is kept, with the file itself: in the metadata of its object, so that both are one write, and are there
 * together or not at all.
 *
 * A record that has an object of its own goes before it. Such an object is written where the file was there already, where the result is a failure, and
 * for all that is made anew; it follows from what is with the file. Two successes have one file to write first, and whoever comes second is told of the
 * record there. A failure has none: whoever writes one looks at the file afterwards, and where the file comes later still, it goes before the failure.
 */
import type { Names } from "@segue/chain";
import { ArtifactRecord, readKnown, type StoredKind } from "@segue/contracts";
import type { ObjectRef, ObjectStat, ObjectStore } from "@segue/store";
import { unlessUnreadable } from "./is-unreadable.ts";

type Metadata = ObjectStat["metadata"];

const key = "segue-record";

/** Cloud Storage keeps 8 KiB of metadata with an object. */
const maxBytes = 6 * 1024;

/** Where the payload of an artifact is whose record may be with it; undefined where it is not kept, or has none. */
function placeOfBoth(names: Names, kind: StoredKind, address: string): ObjectRef | undefined {
  if (kind.retention !== "derivative" || !kind.payload) return undefined;
  return { bucket: names.bucket("assets"), name: payloadName(address, kind.payload.extension) };
}

/** The name of a payload that is the first at its address. */
export function payloadName(address: string, extension: string): string {
  return `${address}.${extension}`;
}

/** Undefined: it is too large for that. */
export function toMetadata(record: ArtifactRecord): Metadata | undefined {
  // Storage answers a download with its metadata in headers, which are ASCII.
  const json = JSON.stringify(record).replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return json.length <= maxBytes ? { [key]: json } : undefined;
}

/** Undefined: the object has been written without. */
export function readMetadata(metadata: Metadata): ArtifactRecord | undefined {
  const json = metadata[key];
  return json === undefined ? undefined : readKnown(ArtifactRecord, JSON.parse(json));
}

export async function findWithPayload(
  store: ObjectStore,
  names: Names,
  kind: StoredKind,
  address: string,
): Promise<ArtifactRecord | undefined> {
  const ref = placeOfBoth(names, kind, address);
  const found = ref && (await store.statObject(ref));
  return found && readMetadata(found.metadata);
}

/**
 * All of them, but for those of a younger release, and what is none, which are told of; and a copy that somebody has made elsewhere, say, which
 * takes its metadata along.
 */
export async function* walkWithPayloads(
  store: ObjectStore,
  names: Names,
  onUnreadable?: () => void,
): AsyncGenerator<ArtifactRecord> {
  for await (const { name, metadata } of store.walkObjects({ bucket: names.bucket("assets"), prefix: "" })) {
    const record = await unlessUnreadable(() => readMetadata(metadata), onUnreadable);
    if (record && name.startsWith(`${record.address}.`)) yield record;
  }
}
