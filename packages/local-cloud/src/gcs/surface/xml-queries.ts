import { signatureQuery } from "../signed-url.ts";
import type { Surface } from "./handling.ts";

const everywhere: Surface = { ...signatureQuery, userProject: "kept" };

/** What the XML API takes in the query of a request for an object. */
export const xmlObjectQuery: Surface = {
  ...everywhere,
  generation: "built",
  "response-content-disposition": "built",
  "response-content-type": "built",
  uploads: "built",
  uploadId: "built",
  upload_id: "built",
  partNumber: "built",
  "max-parts": "built",
  "part-number-marker": "built",
  acl: "refused",
  attributes: "refused",
  compose: "refused",
  encryption: "refused",
  "legal-hold": "refused",
  "response-cache-control": "refused",
  "response-content-encoding": "refused",
  "response-content-language": "refused",
  "response-expires": "refused",
  retention: "refused",
  tagging: "refused",
  torrent: "refused",
  versionId: "refused",
};

/** What the XML API takes in the query of a request for a bucket, which here is a list of its objects or its uploads. */
export const xmlBucketQuery: Surface = {
  ...everywhere,
  delimiter: "built",
  "encoding-type": "built",
  "list-type": "built",
  marker: "built",
  "max-keys": "built",
  prefix: "built",
  uploads: "built",
  "continuation-token": "built",
  "start-after": "built",
  "fetch-owner": "refused",
  acl: "refused",
  billing: "refused",
  cors: "refused",
  encryption: "refused",
  encryptionConfig: "refused",
  lifecycle: "refused",
  location: "refused",
  logging: "refused",
  "object-lock": "refused",
  policy: "refused",
  retention: "refused",
  storageClass: "refused",
  tagging: "refused",
  versioning: "refused",
  versions: "refused",
  website: "refused",
  websiteConfig: "refused",
};
