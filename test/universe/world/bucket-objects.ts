import { computeCrc32c, type ObjectRef, type ObjectStat } from "@segue/store";

export interface StoredObject {
  readonly bytes: Buffer;
  readonly stat: ObjectStat;
  readonly writtenAtMs: number;
}

/** What storage has, at the server. */
export class BucketObjects {
  readonly #buckets = new Map<string, Map<string, StoredObject>>();
  #generation = 0;
  /** Hears of every write and removal, after it. */
  onChange: (ref: ObjectRef, before: StoredObject | undefined, after: StoredObject | undefined) => void =
    () => {};

  get(ref: ObjectRef): StoredObject | undefined {
    return this.#buckets.get(ref.bucket)?.get(ref.name);
  }

  put(
    ref: ObjectRef,
    bytes: Buffer,
    about: { readonly contentType: string | undefined; readonly nowMs: number; readonly at: Date },
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
        updatedAt: about.at,
        metadata: {},
      },
    };
    const bucket = this.#buckets.get(ref.bucket) ?? new Map<string, StoredObject>();
    this.#buckets.set(ref.bucket, bucket);
    const before = bucket.get(ref.name);
    bucket.set(ref.name, object);
    this.onChange(ref, before, object);
    return object;
  }

  delete(ref: ObjectRef): boolean {
    const before = this.get(ref);
    if (!before) return false;
    this.#buckets.get(ref.bucket)?.delete(ref.name);
    this.onChange(ref, before, undefined);
    return true;
  }

  /** In the order of names. */
  list(bucket: string, prefix = ""): [string, StoredObject][] {
    const objects = [...(this.#buckets.get(bucket) ?? [])].filter(([name]) => name.startsWith(prefix));
    return objects.toSorted(([a], [b]) => (a < b ? -1 : 1));
  }
}
