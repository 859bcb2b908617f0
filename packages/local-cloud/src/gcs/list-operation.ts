import { answer } from "./answer.ts";
import { listObjects } from "./list-objects.ts";
import { readLimit } from "./preconditions.ts";
import { toObjectResource } from "./resources.ts";
import type { Call, Target } from "./server-state.ts";

/** `objects.list`. A parameter without a value, as Google's client for Go sends them, is as good as none. */
export function listObjectsOfBucket(call: Call, { bucket }: Target): void {
  const { state, query } = call;
  state.buckets.get(bucket);
  const text = (name: string) => query.get(name) || undefined;
  const page = listObjects(state.database, {
    bucket,
    prefix: query.get("prefix") ?? "",
    delimiter: text("delimiter"),
    includeTrailingDelimiter: query.get("includeTrailingDelimiter") === "true",
    matchGlob: text("matchGlob"),
    startOffset: text("startOffset"),
    endOffset: text("endOffset"),
    pageToken: text("pageToken"),
    limit: readLimit(query),
  });
  answer(call, {
    kind: "storage#objects",
    ...(page.nextPageToken === undefined ? {} : { nextPageToken: page.nextPageToken }),
    ...(page.prefixes.length > 0 ? { prefixes: page.prefixes } : {}),
    items: page.objects.map((object) => toObjectResource(object, state.url())),
  });
}
