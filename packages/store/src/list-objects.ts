import { z } from "zod";
import type { Connection } from "./connection.ts";
import type { ListedObject, ListOptions, ObjectPage, ObjectPrefix } from "./object.ts";
import { parseObjectStat } from "./object-stat.ts";

const named = z.object({ name: z.string() });
const answer = z.object({ nextPageToken: z.string().optional() }).optional();

/** One page of the objects whose names start with `prefix`, in the order of their names. */
export async function listObjects(
  connection: Connection,
  { bucket, prefix }: ObjectPrefix,
  options: ListOptions = {},
): Promise<ObjectPage> {
  const [files, , response] = await connection.call(`gs://${bucket}/${prefix}*`, () =>
    connection.client.bucket(bucket).getFiles({
      prefix,
      autoPaginate: false,
      maxResults: options.limit ?? 1000,
      ...(options.startAfter === undefined ? {} : { startOffset: options.startAfter }),
      ...(options.pageToken === undefined ? {} : { pageToken: options.pageToken }),
    }),
  );
  const objects = files
    .map(
      ({ metadata }): ListedObject => ({
        bucket,
        name: named.parse(metadata).name,
        ...parseObjectStat(metadata),
      }),
    )
    // startOffset includes the name itself.
    .filter(({ name }) => name !== options.startAfter);
  return { objects, nextPageToken: answer.parse(response ?? undefined)?.nextPageToken };
}

/** Every object whose name starts with `prefix`, a page at a time: memory stays flat however many there are. */
export async function* walkObjects(
  connection: Connection,
  prefix: ObjectPrefix,
  options: Omit<ListOptions, "pageToken"> = {},
): AsyncGenerator<ListedObject> {
  let pageToken: string | undefined;
  do {
    const page = await listObjects(connection, prefix, {
      ...options,
      ...(pageToken === undefined ? {} : { pageToken }),
    });
    yield* page.objects;
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
}
