import { answer } from "./answer.ts";
import type { Bucket } from "./buckets.ts";
import { checkPreconditions, readLimit, readPreconditions } from "./preconditions.ts";
import { readJson } from "./receive.ts";
import { findLocationType, toBucketResource } from "./resources.ts";
import type { Call, Target } from "./server-state.ts";

const answerBucket = (call: Call, bucket: Bucket) => answer(call, toBucketResource(bucket, call.state.url()));

/** `buckets.list`. */
export function listBuckets(call: Call): void {
  const { state, query } = call;
  const limit = readLimit(query);
  const found = state.buckets.list(query.get("prefix") ?? "", query.get("pageToken") ?? undefined, limit + 1);
  const items = found.slice(0, limit).map((item) => toBucketResource(item, state.url()));
  const last = found.length > limit ? found[limit - 1] : undefined;
  answer(call, { kind: "storage#buckets", items, ...(last ? { nextPageToken: last.name } : {}) });
}

/** `buckets.insert`. */
export async function createBucket(call: Call): Promise<void> {
  const body = await readJson(call.request);
  answerBucket(call, call.state.buckets.create(body, call.state.now()));
}

/** `buckets.get`. */
export function getBucket(call: Call, { bucket }: Target): void {
  const found = call.state.buckets.get(bucket);
  const { metageneration } = found;
  checkPreconditions(readPreconditions(call.query), { generation: 0, metageneration }, "read");
  answerBucket(call, found);
}

/** `buckets.patch`: what the body names changes. */
export async function patchBucket(call: Call, { bucket }: Target): Promise<void> {
  const { state, request, query } = call;
  const patch = await readJson(request);
  answerBucket(call, state.buckets.patch(bucket, patch, readPreconditions(query), state.now()));
}

/** `buckets.update`: what the body does not name goes. */
export async function replaceBucket(call: Call, { bucket }: Target): Promise<void> {
  const { state, request, query } = call;
  const body = await readJson(request);
  answerBucket(call, state.buckets.replace(bucket, body, readPreconditions(query), state.now()));
}

/** `buckets.delete`. */
export function deleteBucket({ state, query, response }: Call, { bucket }: Target): void {
  state.buckets.remove(bucket, readPreconditions(query));
  response.writeHead(204).end();
}

/** `buckets.getStorageLayout`, which Google's command line asks before it copies. */
export function describeLayout(call: Call, { bucket }: Target): void {
  const { name, config } = call.state.buckets.get(bucket);
  answer(call, {
    kind: "storage#storageLayout",
    bucket: name,
    location: config.location.toUpperCase(),
    locationType: findLocationType(config),
    hierarchicalNamespace: { enabled: false },
  });
}

/** `buckets.testIamPermissions`: which of those that are asked about whoever asks has. */
export function testPermissions(call: Call, { bucket }: Target): void {
  const { buckets, door } = call.state;
  buckets.get(bucket);
  const permissions = call.query.getAll("permissions").filter((each) => !door || door.has(each, bucket));
  answer(call, { kind: "storage#testIamPermissionsResponse", permissions });
}

/** The list of what no bucket has here. */
export const listNothing =
  (kind: string) =>
  (call: Call, { bucket }: Target): void => {
    call.state.buckets.get(bucket);
    answer(call, { kind, items: [] });
  };
