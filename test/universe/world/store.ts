import { Readable } from "node:stream";
import {
  formatRef,
  type ListedObject,
  type ListOptions,
  ObjectCorruptError,
  ObjectNotFoundError,
  type ObjectPage,
  type ObjectPrefix,
  type ObjectRef,
  type ObjectStat,
  type ObjectStore,
  PreconditionFailedError,
  StoreFullError,
  StoreUnavailableError,
  type WriteRequest,
  type WrittenObject,
} from "@segue/store";
import type { BucketObjects, StoredObject } from "./bucket-objects.ts";
import type { Disk } from "./disk.ts";
import type { Faults } from "./faults.ts";
import type { Scheduler } from "./scheduler.ts";

export interface StoreParts {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly objects: BucketObjects;
  readonly disk: Disk;
  /** How long a bucket's listings may leave out what was written, in ms. */
  listingLagMs(bucket: string): number;
}

/** The product's storage for the process whose turn it is, over the world's buckets. */
export function createStore(parts: StoreParts): ObjectStore {
  const { objects, disk, scheduler } = parts;
  const call = createCall(parts);
  const demand = (ref: ObjectRef) => {
    const object = objects.get(ref);
    if (!object) throw new ObjectNotFoundError(formatRef(ref));
    return object;
  };
  const put = (
    ref: ObjectRef,
    bytes: Buffer,
    { contentType, metadata = {} }: Partial<Pick<ObjectStat, "contentType" | "metadata">>,
  ) => {
    if (parts.faults.storageIsFull) throw new StoreFullError(formatRef(ref), "the disk is full");
    const at = new Date(scheduler.wallMs(scheduler.outside));
    return objects.put(ref, bytes, { contentType, metadata, nowMs: scheduler.nowMs, at });
  };
  const listNow = (
    { bucket, prefix }: ObjectPrefix,
    { startAfter = "" }: ListOptions = {},
  ): ListedObject[] => {
    const seenToMs = scheduler.nowMs - parts.listingLagMs(bucket);
    return objects
      .list(bucket, prefix, startAfter)
      .filter(([, { writtenAtMs }]) => writtenAtMs <= seenToMs)
      .map(([name, { stat }]) => ({ bucket, name, ...stat }));
  };
  const list = (prefix: ObjectPrefix, options?: ListOptions) =>
    call(`list ${formatRef({ bucket: prefix.bucket, name: prefix.prefix })}*`, () =>
      listNow(prefix, options),
    );
  const read = (ref: ObjectRef) => call(`read ${formatRef(ref)}`, () => demand(ref));

  return {
    async writeObject(request) {
      const bytes = await bytesOf(request, disk);
      return call(`write ${formatRef(request)}`, (isRepeated) => {
        const there = objects.get(request);
        // A write that is asked again finds its own first: the product's client can't tell, and nor can this one.
        if (request.createOnly && there) return written(there, false);
        if (request.ifGeneration !== undefined && there?.stat.generation !== request.ifGeneration) {
          if (isRepeated && there?.bytes.equals(bytes)) return written(there, true);
          throw new PreconditionFailedError(formatRef(request));
        }
        return written(put(request, bytes, request), true);
      });
    },
    readObject: async (ref) => (await read(ref)).bytes,
    readJson: async (ref) => JSON.parse((await read(ref)).bytes.toString("utf8")),
    async downloadObject(ref, path, { expect = {} } = {}) {
      const { bytes, stat } = await read(ref);
      if (expect.sizeBytes !== undefined && expect.sizeBytes !== stat.sizeBytes)
        throw new ObjectCorruptError(formatRef(ref), "expected another size");
      if (expect.crc32c !== undefined && expect.crc32c !== stat.crc32c)
        throw new ObjectCorruptError(formatRef(ref), "expected another checksum");
      disk.write(path, bytes);
    },
    async openObject(ref, { start = 0, end = Number.POSITIVE_INFINITY } = {}) {
      const { bytes } = await read(ref);
      return Readable.from([bytes.subarray(start, end + 1)], { objectMode: false });
    },
    statObject: (ref) => call(`stat ${formatRef(ref)}`, () => objects.get(ref)?.stat),
    copyObject: (from, to, { createOnly }) =>
      call(`copy ${formatRef(from)} to ${formatRef(to)}`, () => {
        const there = objects.get(to);
        if (createOnly && there) return written(there, false);
        const { bytes, stat } = demand(from);
        return written(put(to, bytes, stat), true);
      }),
    composeObject: (sources, to, { contentType }) =>
      call(`join ${formatRef(to)}`, () =>
        written(put(to, Buffer.concat(sources.map((source) => demand(source).bytes)), { contentType }), true),
      ),
    deleteObject: (ref, { ifUnchanged } = {}) =>
      call(`delete ${formatRef(ref)}`, () => {
        const stat = objects.get(ref)?.stat;
        const isChanged =
          stat?.generation !== ifUnchanged?.generation ||
          stat?.metageneration !== ifUnchanged?.metageneration;
        if (stat && ifUnchanged && isChanged) throw new PreconditionFailedError(formatRef(ref));
        return objects.delete(ref);
      }),
    touchObject: (ref, metadata = {}) =>
      call(`touch ${formatRef(ref)}`, () =>
        objects.touch(ref, metadata, new Date(scheduler.wallMs(scheduler.outside))),
      ),
    async listObjects(prefix, options): Promise<ObjectPage> {
      return { objects: await list(prefix, options), nextPageToken: undefined };
    },
    async *walkObjects(prefix, options) {
      yield* await list(prefix, options);
    },
    signReadUrl: async (ref) => `https://storage.test/${ref.bucket}/${ref.name}`,
    openUploadSession: () => noSessions(),
    presentSessionUrl: (url) => url,
    readUploadSession: () => noSessions(),
    cancelUploadSession: () => noSessions(),
    async ensureBucket() {},
    async changeBucket() {},
    readBucket: async () => undefined,
    testBucketPermissions: async (_name, permissions) => [...permissions],
  };
}

/** Clients of this world send their files to the API. */
async function noSessions(): Promise<never> {
  throw new TypeError("there are no upload sessions in this world");
}

function written({ stat }: StoredObject, created: boolean): WrittenObject {
  const { generation, sizeBytes, crc32c, metadata, updatedAt } = stat;
  return { generation, sizeBytes, crc32c, metadata, updatedAt, created };
}

async function bytesOf({ body }: WriteRequest, disk: Disk): Promise<Buffer> {
  if (Buffer.isBuffer(body)) return body;
  if ("path" in body && typeof body.path === "string") return disk.read(body.path);
  const chunks: Buffer[] = [];
  for await (const chunk of body as Readable) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

const changes = /^(write|copy|join|delete|touch) /;

/** Other answers come as soon as one looks. */
const longWaitMs = 400;

type Call = <T>(what: string, apply: (isRepeated: boolean) => T) => Promise<T>;

/**
 * A request to storage: there, done in one moment, and back. Whoever dies on the way may have had its effect or not; whose
 * answer is lost asks again and finds what it has done itself.
 */
function createCall({ scheduler, faults }: StoreParts): Call {
  const owner = scheduler.current.root;
  return (what, apply) => {
    const { promise, resolve, reject } = Promise.withResolvers<ReturnType<typeof apply>>();
    const fate = faults.storage();
    const noteWait = (forMs: number) => {
      if (forMs > longWaitMs) owner.waitsUntilMs = Math.max(owner.waitsUntilMs, scheduler.nowMs + forMs);
    };
    const giveUp = (how: string) => {
      noteWait(fate.giveUpMs);
      scheduler.plan(owner, fate.giveUpMs, `storage ${how}: ${what}`, () =>
        reject(new StoreUnavailableError(what, "no answer")),
      );
    };
    if (!fate.arrives) {
      giveUp("does not answer");
      return promise;
    }
    const attempt = (isRepeated: boolean) => {
      noteWait(fate.thereMs + fate.backMs);
      scheduler.plan(scheduler.outside, fate.thereMs, `${what} for ${owner.name}`, () => {
        let settle: () => void;
        try {
          const result = apply(isRepeated);
          settle = () => resolve(result);
        } catch (error) {
          settle = () => reject(error);
        }
        if (fate.isUntold) giveUp("never says");
        else if (fate.repeats && !isRepeated) attempt(true);
        else scheduler.plan(owner, fate.backMs, "storage answers", settle);
        if (changes.test(what)) faults.onEffect(owner);
      });
    };
    attempt(false);
    return promise;
  };
}
