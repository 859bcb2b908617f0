import { type Connection, formatRef } from "./connection.ts";
import { ObjectNotFoundError, PreconditionFailedError, StoreUnavailableError } from "./errors.ts";
import type { ObjectRef, WrittenObject } from "./object.ts";
import { statObject } from "./stat-object.ts";

async function describeWritten(
  connection: Connection,
  ref: ObjectRef,
  created: boolean,
): Promise<WrittenObject> {
  const stat = await statObject(connection, ref);
  if (!stat) throw new StoreUnavailableError(formatRef(ref), "it was deleted while it was written");
  return { generation: stat.generation, sizeBytes: stat.sizeBytes, crc32c: stat.crc32c, created };
}

/** Copies an object inside storage: no byte passes through this process. */
export async function copyObject(
  connection: Connection,
  from: ObjectRef,
  to: ObjectRef,
  { createOnly }: { readonly createOnly: boolean },
): Promise<WrittenObject> {
  const what = `${formatRef(from)} to ${formatRef(to)}`;
  try {
    await connection.call(what, () =>
      connection
        .file(from)
        .copy(connection.file(to), createOnly ? { preconditionOpts: { ifGenerationMatch: 0 } } : {}),
    );
    return await describeWritten(connection, to, true);
  } catch (error) {
    if (!createOnly || !(error instanceof PreconditionFailedError)) throw error;
    return describeWritten(connection, to, false);
  }
}

/** Deletes an object. False when there was none. */
export async function deleteObject(connection: Connection, ref: ObjectRef): Promise<boolean> {
  try {
    await connection.call(formatRef(ref), () => connection.file(ref).delete());
    return true;
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return false;
    throw error;
  }
}
