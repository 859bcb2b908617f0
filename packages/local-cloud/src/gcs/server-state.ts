import type { IncomingMessage, ServerResponse } from "node:http";
import type { DatabaseSync } from "node:sqlite";
import type { Door } from "../doors/door.ts";
import type { Blobs } from "./blobs.ts";
import type { Buckets } from "./buckets.ts";
import type { MultipartUploads } from "./multipart-uploads.ts";
import type { Objects } from "./objects.ts";
import type { AccountKey } from "./service-account.ts";
import type { SignatureVerifier } from "./signed-url.ts";
import type { UploadSessions } from "./upload-sessions.ts";

/** What is the same at every port. */
export type SharedState = {
  readonly database: DatabaseSync;
  readonly blobs: Blobs;
  readonly buckets: Buckets;
  readonly objects: Objects;
  readonly sessions: UploadSessions;
  readonly multipartUploads: MultipartUploads;
  readonly verifySignature: SignatureVerifier;
  /** The account whose signatures count. */
  readonly account: AccountKey;
  /** What this server is called besides the names of the loopback interface. */
  readonly hostNames: readonly string[];
  now(): number;
};

/** What every handler works with. */
export type ServerState = SharedState & {
  /** What the requests come through; with none they may do everything. */
  readonly door: Door | undefined;
  /** Where this server is reached, without a path. */
  url(): string;
};

/** One request, taken apart. */
export type Call = {
  readonly state: ServerState;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
};

/** What a path names: the object that is worked on, and the one that it becomes. What it leaves out is empty. */
export type Target = {
  readonly bucket: string;
  readonly object: string;
  readonly toBucket: string;
  readonly toObject: string;
};
