import type { OperationName } from "./operations.ts";

/** What an operation is charged as. */
export type OperationClass = "A" | "B" | "free";

/**
 * Source: Cloud Storage's price list, "Operation charges", its table of classes for the JSON API. An upload is one operation there
 * however many requests it takes.
 */
export const operationClasses: Readonly<Record<OperationName, OperationClass>> = {
  "buckets.list": "A",
  "buckets.insert": "A",
  "buckets.get": "B",
  "buckets.patch": "A",
  "buckets.update": "A",
  "buckets.delete": "free",
  "buckets.getStorageLayout": "B",
  "managedFolders.list": "A",
  "notifications.list": "B",
  "buckets.testIamPermissions": "B",
  "objects.list": "A",
  "objects.insert": "A",
  "objects.get": "B",
  "objects.patch": "A",
  "objects.update": "A",
  "objects.delete": "free",
  "objects.compose": "A",
  "objects.copy": "A",
  "objects.rewrite": "A",
  "objects.move": "A",
};
