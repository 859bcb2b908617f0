import type { Surface } from "./handling.ts";

/** One operation of the JSON API: its path below `/storage/v1/`, and what it does with each query parameter. */
export type Operation = {
  readonly name: OperationName;
  readonly method: string;
  readonly path: string;
  readonly query: Surface;
};

/** Taken by every operation. They choose a form or name a payer; `alt=media` is objects.get's own. */
export const everywhere: Surface = {
  alt: "built",
  fields: "built",
  key: "kept",
  oauth_token: "kept",
  access_token: "kept",
  prettyPrint: "kept",
  quotaUser: "kept",
  userIp: "kept",
  userProject: "kept",
  uploadType: "kept",
};

const ifGeneration: Surface = { ifGenerationMatch: "built", ifGenerationNotMatch: "built" };
const ifMetageneration: Surface = { ifMetagenerationMatch: "built", ifMetagenerationNotMatch: "built" };
const conditions: Surface = { ...ifGeneration, ...ifMetageneration };
const sourceConditions: Surface = {
  ifSourceGenerationMatch: "built",
  ifSourceGenerationNotMatch: "built",
  ifSourceMetagenerationMatch: "built",
  ifSourceMetagenerationNotMatch: "built",
};
// With uniform access, as every bucket has it here, both projections are the same.
const projection: Surface = { projection: "built" };
const bucketAcl: Surface = { predefinedAcl: "refused", predefinedDefaultObjectAcl: "refused" };
const copied: Surface = {
  ...conditions,
  ...sourceConditions,
  ...projection,
  sourceGeneration: "built",
  destinationKmsKeyName: "refused",
  destinationPredefinedAcl: "refused",
};
const written: Surface = {
  ...conditions,
  ...projection,
  generation: "built",
  overrideUnlockedRetention: "kept",
  predefinedAcl: "refused",
};

/** What Google's client for Node lists objects by, and states again as it deletes each that was listed. */
const chosen: Surface = {
  delimiter: "kept",
  endOffset: "kept",
  force: "kept",
  includeTrailingDelimiter: "kept",
  matchGlob: "kept",
  maxResults: "kept",
  pageToken: "kept",
  prefix: "kept",
  startOffset: "kept",
  versions: "kept",
};

const built = {
  "buckets.list": [
    "GET",
    "b",
    {
      ...projection,
      maxResults: "built",
      pageToken: "built",
      prefix: "built",
      project: "kept",
      returnPartialSuccess: "kept",
      softDeleted: "refused",
    },
  ],
  "buckets.insert": [
    "POST",
    "b",
    { ...projection, ...bucketAcl, project: "kept", enableObjectRetention: "refused" },
  ],
  "buckets.get": [
    "GET",
    "b/{bucket}",
    { ...projection, ...ifMetageneration, generation: "refused", softDeleted: "refused" },
  ],
  "buckets.patch": ["PATCH", "b/{bucket}", { ...projection, ...ifMetageneration, ...bucketAcl }],
  "buckets.update": ["PUT", "b/{bucket}", { ...projection, ...ifMetageneration, ...bucketAcl }],
  "buckets.delete": ["DELETE", "b/{bucket}", ifMetageneration],
  "buckets.getStorageLayout": ["GET", "b/{bucket}/storageLayout", { prefix: "kept" }],
  // Of these a bucket can have none here, which is what a list of them says.
  "managedFolders.list": [
    "GET",
    "b/{bucket}/managedFolders",
    { pageSize: "built", pageToken: "built", prefix: "built" },
  ],
  "notifications.list": ["GET", "b/{bucket}/notificationConfigs", {}],
  "buckets.testIamPermissions": ["GET", "b/{bucket}/iam/testPermissions", { permissions: "built" }],
  "objects.list": [
    "GET",
    "b/{bucket}/o",
    {
      ...projection,
      delimiter: "built",
      endOffset: "built",
      includeTrailingDelimiter: "built",
      matchGlob: "built",
      maxResults: "built",
      pageToken: "built",
      prefix: "built",
      startOffset: "built",
      // No bucket has versioning here: the versions of its objects are its objects.
      versions: "built",
      // No bucket has a hierarchical namespace here, so that there are no folders to include.
      includeFoldersAsPrefixes: "built",
      // The client for Node's own option of deleteFiles, which it sends along.
      force: "kept",
      filter: "refused",
      softDeleted: "refused",
    },
  ],
  "objects.insert": [
    "POST",
    "b/{bucket}/o",
    {
      ...conditions,
      ...projection,
      name: "built",
      contentEncoding: "built",
      uploadType: "built",
      upload_id: "built",
      kmsKeyName: "refused",
      predefinedAcl: "refused",
    },
  ],
  "objects.get": [
    "GET",
    "b/{bucket}/o/{object}",
    { ...conditions, ...projection, generation: "built", restoreToken: "refused", softDeleted: "refused" },
  ],
  "objects.patch": ["PATCH", "b/{bucket}/o/{object}", written],
  "objects.update": ["PUT", "b/{bucket}/o/{object}", written],
  "objects.delete": ["DELETE", "b/{bucket}/o/{object}", { ...chosen, ...conditions, generation: "built" }],
  "objects.compose": [
    "POST",
    "b/{bucket}/o/{object}/compose",
    {
      ifGenerationMatch: "built",
      ifMetagenerationMatch: "built",
      destinationPredefinedAcl: "refused",
      dropContextGroups: "refused",
      kmsKeyName: "refused",
    },
  ],
  "objects.copy": ["POST", "b/{bucket}/o/{object}/copyTo/b/{toBucket}/o/{toObject}", copied],
  "objects.rewrite": [
    "POST",
    "b/{bucket}/o/{object}/rewriteTo/b/{toBucket}/o/{toObject}",
    { ...copied, maxBytesRewrittenPerCall: "kept", rewriteToken: "refused", dropContextGroups: "refused" },
  ],
  "objects.move": [
    "POST",
    "b/{bucket}/o/{object}/moveTo/o/{toObject}",
    { ...conditions, ...sourceConditions, ...projection },
  ],
} satisfies Record<string, readonly [method: string, path: string, query: Surface]>;

/** An operation as the discovery document names it, less `storage.`. */
export type OperationName = keyof typeof built;

/** The operations that this server has. */
export const operations: readonly Operation[] = (Object.keys(built) as OperationName[]).map((name) => {
  const [method = "", path = "", query = {}] = built[name] as [string, string, Surface];
  return { name, method, path, query };
});

/** What Cloud Storage has below `/storage/v1/` and this server has not; every path that starts so is refused by that name. */
export const notBuiltPaths: readonly (readonly [path: string, what: string])[] = [
  ["b/{bucket}/acl", "bucketAccessControls (access control lists)"],
  ["b/{bucket}/defaultObjectAcl", "defaultObjectAccessControls (access control lists)"],
  ["b/{bucket}/o/{object}/acl", "objectAccessControls (access control lists)"],
  ["b/{bucket}/o/{object}/iam", "objects' IAM"],
  ["b/{bucket}/o/{object}/restore", "objects.restore (soft-deleted objects)"],
  ["b/{bucket}/o/{object}/viewFullContext", "objects.viewFullContext (contexts)"],
  ["b/{bucket}/iam", "buckets' IAM"],
  ["b/{bucket}/lockRetentionPolicy", "buckets.lockRetentionPolicy (retention)"],
  ["b/{bucket}/restore", "buckets.restore (soft-deleted buckets)"],
  ["b/{bucket}/relocate", "buckets.relocate"],
  ["b/{bucket}/operations", "buckets.operations"],
  ["b/{bucket}/notificationConfigs", "notifications (messages to Pub/Sub)"],
  ["b/{bucket}/anywhereCaches", "anywhereCaches"],
  ["b/{bucket}/rapidCaches", "rapidCaches"],
  ["b/{bucket}/folders", "folders (hierarchical namespace)"],
  ["b/{bucket}/managedFolders", "managedFolders"],
  ["channels", "channels (notifications over HTTP)"],
  ["projects/{project}/hmacKeys", "projects.hmacKeys"],
  ["projects/{project}/serviceAccount", "projects.serviceAccount"],
];
