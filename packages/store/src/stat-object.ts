import { type Connection, formatRef } from "./connection.ts";
import { ObjectNotFoundError } from "./errors.ts";
import type { ObjectRef, ObjectStat } from "./object.ts";
import { parseObjectStat } from "./object-stat.ts";

/** Describes an object without reading it; undefined when there is none. */
export async function statObject(connection: Connection, ref: ObjectRef): Promise<ObjectStat | undefined> {
  try {
    const [resource] = await connection.call(formatRef(ref), () => connection.file(ref).getMetadata());
    return parseObjectStat(resource);
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}
