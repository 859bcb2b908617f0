import { invalid } from "./api-error.ts";
import {
  createBucket,
  deleteBucket,
  describeLayout,
  getBucket,
  listBuckets,
  listNothing,
  patchBucket,
  replaceBucket,
  testPermissions,
} from "./bucket-operations.ts";
import { composeObject, copyObject, moveObject, rewriteObject } from "./copy-object.ts";
import { listObjectsOfBucket } from "./list-operation.ts";
import { deleteObject, getObject, patchObject, replaceObject } from "./object-operations.ts";
import type { Call, Target } from "./server-state.ts";
import { checkQuery } from "./surface/check-query.ts";
import { findOperation } from "./surface/find-operation.ts";
import { everywhere, type OperationName } from "./surface/operations.ts";
import { operationNeeds } from "./surface/permissions.ts";
import { uploadObject } from "./upload-object.ts";
import { withAccess } from "./with-access.ts";

const handlers: Record<OperationName, (call: Call, target: Target) => void | Promise<void>> = {
  "buckets.list": listBuckets,
  "buckets.insert": createBucket,
  "buckets.get": getBucket,
  "buckets.patch": patchBucket,
  "buckets.update": replaceBucket,
  "buckets.delete": deleteBucket,
  "buckets.getStorageLayout": describeLayout,
  "managedFolders.list": listNothing("storage#managedFolders"),
  "notifications.list": listNothing("storage#notifications"),
  "buckets.testIamPermissions": testPermissions,
  "objects.list": listObjectsOfBucket,
  "objects.insert": (call, { bucket }) => uploadObject(call, bucket),
  "objects.get": getObject,
  "objects.patch": patchObject,
  "objects.update": replaceObject,
  "objects.delete": deleteObject,
  "objects.compose": composeObject,
  "objects.copy": copyObject,
  "objects.rewrite": rewriteObject,
  "objects.move": moveObject,
};

function checkForm(query: URLSearchParams, name: OperationName): void {
  const alt = query.get("alt") ?? "json";
  if (alt !== "json" && !(alt === "media" && name === "objects.get"))
    throw invalid(`${name}: expected alt=json, got alt=${alt}`);
  const projection = query.get("projection") ?? "full";
  if (projection !== "full" && projection !== "noAcl")
    throw invalid(`${name}: expected projection=full or noAcl, got ${projection}`);
}

/** Carries out the operation of a method and a path below `/storage/v1/`, if its query holds nothing that is not built. */
export async function handleJson(call: Call, segments: readonly string[]): Promise<void> {
  const { operation, at } = findOperation(call.request.method ?? "GET", segments);
  checkQuery(call.query, operation.name, { ...everywhere, ...operation.query });
  checkForm(call.query, operation.name);
  const part = (name: string) => at.get(name) ?? "";
  const bucket = part("bucket");
  const target: Target = {
    bucket,
    object: part("object"),
    toBucket: at.get("toBucket") ?? bucket,
    toObject: part("toObject"),
  };
  await withAccess(call, operationNeeds[operation.name], target, () =>
    handlers[operation.name](call, target),
  );
}
