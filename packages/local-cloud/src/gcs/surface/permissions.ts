import type { OperationName } from "./operations.ts";

/** What a permission is asked for on: a bucket of the request's path, with the object there, or the project of the buckets. */
export type On = "source" | "target" | "project";
export type Need = readonly [permission: string, on: On];

const get: Need = ["storage.objects.get", "source"];
const createHere: Need = ["storage.objects.create", "source"];
const createThere: Need = ["storage.objects.create", "target"];
const updateBucket: Need = ["storage.buckets.update", "source"];
const updateObject: Need = ["storage.objects.update", "source"];

/**
 * What an operation takes, besides `storage.objects.delete` where an object is written over (see `publishObject`), and `storage.objects.list`
 * where nothing is there (see `withAccess`). Source: Cloud Storage's documentation, "IAM permissions for JSON methods".
 */
export const operationNeeds: Readonly<Record<OperationName, readonly Need[]>> = {
  "buckets.list": [["storage.buckets.list", "project"]],
  "buckets.insert": [["storage.buckets.create", "project"]],
  "buckets.get": [["storage.buckets.get", "source"]],
  "buckets.patch": [updateBucket],
  "buckets.update": [updateBucket],
  "buckets.delete": [["storage.buckets.delete", "source"]],
  "buckets.getStorageLayout": [["storage.objects.list", "source"]],
  "managedFolders.list": [["storage.managedFolders.list", "source"]],
  "notifications.list": [["storage.buckets.get", "source"]],
  // Whoever asks is told what may be done.
  "buckets.testIamPermissions": [],
  "objects.list": [["storage.objects.list", "source"]],
  "objects.insert": [createHere],
  "objects.get": [get],
  "objects.patch": [get, updateObject],
  "objects.update": [get, updateObject],
  "objects.delete": [["storage.objects.delete", "source"]],
  "objects.compose": [get, createHere],
  "objects.copy": [get, createThere],
  "objects.rewrite": [get, createThere],
  "objects.move": [["storage.objects.move", "source"], createThere],
};

const createUpload: Need = ["storage.multipartUploads.create", "source"];

/**
 * The same of the XML API's requests: method, what the path names, and the part of it that the query names. Source: "IAM permissions for XML
 * requests".
 */
export const xmlNeeds: Readonly<Record<string, readonly Need[]>> = {
  "GET bucket": [["storage.objects.list", "source"]],
  "HEAD bucket": [["storage.buckets.get", "source"]],
  "HEAD bucket uploads": [["storage.buckets.get", "source"]],
  "GET bucket uploads": [["storage.multipartUploads.list", "source"]],
  // A form carries what allows it: a policy that somebody has signed.
  "POST bucket": [],
  "GET object": [get],
  "HEAD object": [get],
  "PUT object": [createHere],
  "POST object": [createHere],
  "DELETE object": [["storage.objects.delete", "source"]],
  "POST object uploads": [createUpload, createHere],
  "PUT object uploadId": [createUpload, createHere],
  "POST object uploadId": [createUpload, createHere],
  "GET object uploadId": [["storage.multipartUploads.listParts", "source"]],
  "DELETE object uploadId": [["storage.multipartUploads.abort", "source"]],
};
