import { type Connection, formatRef } from "./connection.ts";
import {
  ObjectNotFoundError,
  PreconditionFailedError,
  StoreUnavailableError,
  toStoreError,
} from "./errors.ts";
import type { DeleteOptions, ObjectRef, ObjectStat, WrittenObject } from "./object.ts";
import { limitTime, retryUnavailable } from "./retry.ts";
import { statObject } from "./stat-object.ts";
import { describeWritten } from "./write-object.ts";

/** @throws StoreUnavailableError where it is gone: whoever deleted it keeps nobody from writing it again. */
async function lookAtWritten(
  connection: Connection,
  ref: ObjectRef,
  created: boolean,
): Promise<WrittenObject> {
  const stat = await statObject(connection, ref);
  if (!stat) throw new StoreUnavailableError(formatRef(ref), "it was deleted while it was written");
  return describeWritten(stat, created);
}

/** Copies an object inside storage: no byte passes through this process. */
export async function copyObject(
  connection: Connection,
  from: ObjectRef,
  to: ObjectRef,
  { createOnly }: { readonly createOnly: boolean },
): Promise<WrittenObject> {
  const what = `${formatRef(from)} to ${formatRef(to)}`;
  const options = createOnly ? { preconditionOpts: { ifGenerationMatch: 0 } } : {};
  const { requestTimeoutMs } = connection;
  return retryUnavailable(what, requestTimeoutMs, async () => {
    try {
      await limitTime(what, requestTimeoutMs, connection.file(from).copy(connection.file(to), options));
    } catch (thrown) {
      const error = toStoreError(thrown, what);
      if (!createOnly || !(error instanceof PreconditionFailedError)) throw error;
      return lookAtWritten(connection, to, false);
    }
    return lookAtWritten(connection, to, true);
  });
}

/** Cloud Storage joins at most this many objects in one request. */
const maxComposed = 32;

/**
 * Joins objects of one bucket, in order, into one: no byte passes through this process. More than 32 go through
 * intermediate objects named after the target, which are deleted.
 */
export async function composeObject(
  connection: Connection,
  sources: readonly ObjectRef[],
  to: ObjectRef,
  { contentType }: { readonly contentType: string },
): Promise<WrittenObject> {
  if (sources.length > maxComposed) {
    const starts = Array.from({ length: Math.ceil(sources.length / maxComposed) }, (_, i) => i * maxComposed);
    const groups = await Promise.all(
      starts.map(async (from) => {
        const group = { bucket: to.bucket, name: `${to.name}.join.${from}` };
        await composeObject(connection, sources.slice(from, from + maxComposed), group, { contentType });
        return group;
      }),
    );
    const written = await composeObject(connection, groups, to, { contentType });
    await Promise.all(groups.map((group) => deleteObject(connection, group)));
    return written;
  }
  await connection.call(`join of ${formatRef(to)}`, async () => {
    const target = connection.file(to);
    target.metadata = { contentType };
    await connection.file({ bucket: to.bucket, name: to.name }).bucket.combine(
      sources.map((source) => connection.file(source)),
      target,
    );
  });
  return lookAtWritten(connection, to, true);
}

/** Deletes an object. False when there was none. @throws {PreconditionFailedError} */
export async function deleteObject(
  connection: Connection,
  ref: ObjectRef,
  { ifUnchanged }: DeleteOptions = {},
): Promise<boolean> {
  const conditions = ifUnchanged && {
    ifGenerationMatch: ifUnchanged.generation,
    ifMetagenerationMatch: ifUnchanged.metageneration,
  };
  try {
    await connection.call(formatRef(ref), () => connection.file(ref).delete(conditions));
    return true;
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return false;
    throw error;
  }
}

/** What is said of an object that somebody counts on. */
const touchedKey = "segue-touched-at";

/** Has an object updated as it is. False where there is none. */
export async function touchObject(
  connection: Connection,
  ref: ObjectRef,
  metadata: ObjectStat["metadata"] = {},
): Promise<boolean> {
  const touched = { ...metadata, [touchedKey]: new Date().toISOString() };
  try {
    await connection.call(formatRef(ref), () => connection.file(ref).setMetadata({ metadata: touched }));
    return true;
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return false;
    throw error;
  }
}
