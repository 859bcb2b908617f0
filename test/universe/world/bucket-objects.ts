import { computeCrc32c, type ObjectRef, type ObjectStat } from "@segue/store";

export interface StoredObject {
  readonly bytes: Buffer;
  readonly stat: ObjectStat;
  readonly writtenAtMs: number;
}

interface Bucket {
  readonly objects: Map<string, StoredObject>;
  /** In their order: a world lists more often than it writes, and mostly what begins with some name. */
  readonly names: string[];
}

/** What storage has, at the server. */
export class BucketObjects {
  readonly #buckets = new Map<string, Bucket>();
  #generation = 0;
  /** While what goes does so by nobody's order. */
  isExpiring = false;
  /** Hears of every write and removal, after it. */
  onChange: (ref: ObjectRef, before: StoredObject | undefined, after: StoredObject | undefined) => void =
    () => {};

  get(ref: ObjectRef): StoredObject | undefined {
    return this.#buckets.get(ref.bucket)?.objects.get(ref.name);
  }

  put(
    ref: ObjectRef,
    bytes: Buffer,
    about: Pick<ObjectStat, "contentType" | "metadata"> & { readonly nowMs: number; readonly at: Date },
  ): StoredObject {
    this.#generation += 1;
    const object: StoredObject = {
      bytes,
      writtenAtMs: about.nowMs,
      stat: {
        sizeBytes: bytes.length,
        crc32c: computeCrc32c(bytes),
        contentType: about.contentType,
        contentEncoding: undefined,
        generation: String(this.#generation),
        metageneration: "1",
        updatedAt: about.at,
        metadata: about.metadata,
      },
    };
    const bucket = this.#buckets.get(ref.bucket) ?? { objects: new Map(), names: [] };
    this.#buckets.set(ref.bucket, bucket);
    const before = bucket.objects.get(ref.name);
    if (!before) bucket.names.splice(firstFrom(bucket.names, ref.name), 0, ref.name);
    bucket.objects.set(ref.name, object);
    this.onChange(ref, before, object);
    return object;
  }

  /** As it is, but for when it was updated, and what is said of it. */
  touch(ref: ObjectRef, metadata: ObjectStat["metadata"], at: Date): boolean {
    const before = this.get(ref);
    if (!before) return false;
    const metageneration = String(Number(before.stat.metageneration) + 1);
    const said = { ...before.stat.metadata, ...metadata };
    const stat = { ...before.stat, metageneration, metadata: said, updatedAt: at };
    this.#buckets.get(ref.bucket)?.objects.set(ref.name, { ...before, stat });
    return true;
  }

  expire(ref: ObjectRef): void {
    this.isExpiring = true;
    this.delete(ref);
    this.isExpiring = false;
  }

  delete(ref: ObjectRef): boolean {
    const bucket = this.#buckets.get(ref.bucket);
    const before = bucket?.objects.get(ref.name);
    if (!bucket || !before) return false;
    bucket.objects.delete(ref.name);
    bucket.names.splice(firstFrom(bucket.names, ref.name), 1);
    this.onChange(ref, before, undefined);
    return true;
  }

  /** In the order of names. @param after names from behind this one. */
  list(bucket: string, prefix = "", after = ""): [string, StoredObject][] {
    const { objects, names } = this.#buckets.get(bucket) ?? { objects: new Map(), names: [] };
    const found: [string, StoredObject][] = [];
    for (let index = firstFrom(names, prefix > after ? prefix : after); index < names.length; index++) {
      const name = names[index] ?? "";
      if (!name.startsWith(prefix)) break;
      const object = objects.get(name);
      if (object && name > after) found.push([name, object]);
    }
    return found;
  }
}

/** Where the first name is that comes not before this one; the end where there is none. */
function firstFrom(names: readonly string[], name: string): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((names[middle] ?? "") < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
