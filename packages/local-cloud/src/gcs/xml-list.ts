import { invalid } from "./api-error.ts";
import { type ListPage, type ListQuery, listObjects } from "./list-objects.ts";
import type { StoredObject } from "./objects.ts";
import { readNumber } from "./preconditions.ts";
import { formatEtag } from "./resources.ts";
import type { Call } from "./server-state.ts";
import { sendXml, type XmlContent } from "./xml.ts";

const pageLimit = 1000;

function describeObject(object: StoredObject, write: (text: string) => string): XmlContent {
  return [
    ["Key", write(object.name)],
    ["Generation", object.generation],
    ["MetaGeneration", object.metageneration],
    ["LastModified", new Date(object.updatedMs).toISOString()],
    ["ETag", `"${formatEtag(object)}"`],
    ["Size", object.sizeBytes],
    ["StorageClass", object.fields.storageClass ?? "STANDARD"],
  ];
}

/** Where the next page starts: after the last thing on this one, as the first form of the protocol says it. */
function findMarker({ objects, prefixes }: ListPage): string {
  const last = [objects.at(-1)?.name ?? "", prefixes.at(-1) ?? ""].map((text) => Buffer.from(text));
  return last.reduce((a, b) => (Buffer.compare(a, b) >= 0 ? a : b)).toString();
}

/** The first key after a marker. A marker that is a common prefix stands for all that is below it. */
function startAfter(marker: string, delimiter: string | undefined): Pick<ListQuery, "startOffset"> {
  if (marker === "") return { startOffset: undefined };
  return { startOffset: delimiter && marker.endsWith(delimiter) ? `${marker}\u{10ffff}` : `${marker}\0` };
}

/** `GET /BUCKET`: a page of its objects, in either form of the protocol. */
export function listBucket({ state, query, response }: Call, bucket: string): void {
  state.buckets.get(bucket);
  const isV2 = query.get("list-type") === "2";
  if (!isV2 && (query.get("list-type") ?? "1") !== "1") throw invalid("list-type: expected 1 or 2");
  const encoding = query.get("encoding-type") || undefined;
  if (encoding !== undefined && encoding !== "url") throw invalid("encoding-type: expected url");
  const write = encoding ? encodeURIComponent : (text: string) => text;
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") || undefined;
  const limit = Math.min(pageLimit, Math.max(1, readNumber(query, "max-keys") ?? pageLimit));
  const marker = query.get(isV2 ? "start-after" : "marker") ?? "";
  const pageToken = isV2 ? query.get("continuation-token") || undefined : undefined;
  const page = listObjects(state.database, {
    bucket,
    prefix,
    delimiter,
    includeTrailingDelimiter: false,
    matchGlob: undefined,
    ...startAfter(marker, delimiter),
    endOffset: undefined,
    pageToken,
    limit,
  });
  const { nextPageToken } = page;
  const next: [string, XmlContent][] =
    nextPageToken === undefined
      ? []
      : [isV2 ? ["NextContinuationToken", nextPageToken] : ["NextMarker", write(findMarker(page))]];
  sendXml(response, "ListBucketResult", [
    ["Name", bucket],
    ["Prefix", write(prefix)],
    ...(isV2
      ? [["KeyCount", page.objects.length + page.prefixes.length] as const]
      : [["Marker", marker] as const]),
    ["MaxKeys", limit],
    ...(delimiter === undefined ? [] : [["Delimiter", write(delimiter)] as const]),
    ["IsTruncated", nextPageToken !== undefined],
    ...next,
    ...page.objects.map((object) => ["Contents", describeObject(object, write)] as const),
    ...page.prefixes.map((common) => ["CommonPrefixes", [["Prefix", write(common)]]] as const),
  ]);
}
