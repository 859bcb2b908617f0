import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Logger } from "@segue/telemetry";
import { UsageCounts, type UsageRow } from "../usage/usage-counts.ts";
import { openBlobs } from "./blobs.ts";
import { openBuckets } from "./buckets.ts";
import { countRequest } from "./count-usage.ts";
import { openDatabase } from "./database.ts";
import { handleRequest } from "./handle-request.ts";
import { applyLifecycle } from "./lifecycle.ts";
import { FailureLog } from "./machine-trouble.ts";
import { MultipartUploads } from "./multipart-uploads.ts";
import { Objects } from "./objects.ts";
import { dropOldSessions, recover } from "./recover.ts";
import type { ServerState } from "./server-state.ts";
import { readAccountKey, writeServiceAccount } from "./service-account.ts";
import { createSignatureVerifier } from "./signed-url.ts";
import { UploadSessions } from "./upload-sessions.ts";
import { abortOldMultipartUploads } from "./xml-multipart.ts";

export type GcsServerOptions = {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Holds everything: blobs, the database, the service account. Made if there is none. One server at a time. */
  readonly dataDir: string;
  readonly log?: Logger;
  /** Names in `Host` that are answered to, besides `host` and those of the loopback interface. */
  readonly hostNames?: readonly string[];
  /** Milliseconds since 1970; the clock of creation times, lifecycle rules and signatures. */
  readonly now?: () => number;
  /** A connection on which no byte moves for this long is closed. Default 60 s. */
  readonly stallTimeoutMs?: number;
};

export type GcsServer = AsyncDisposable & {
  readonly port: number;
  /** What clients take as `apiEndpoint`. */
  readonly url: string;
  /** What clients take as `GOOGLE_APPLICATION_CREDENTIALS`, to sign URLs that this server honours. */
  readonly credentialsPath: string;
  /** Applies lifecycle rules and forgets old upload sessions, as happens every hour. Returns how many objects went. */
  sweep(): Promise<number>;
  /** Operations by their class, and bytes by their direction, since the start. */
  usage(): UsageRow[];
  /** Finishes the requests under way, for at most 2 s, and closes. */
  close(): Promise<void>;
};

const sweepEveryMs = 3_600_000;
const closeGraceMs = 2_000;

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
}

function openState(options: GcsServerOptions, url: () => string): ServerState & { credentialsPath: string } {
  const { dataDir, log } = options;
  mkdirSync(dataDir, { recursive: true });
  const now = options.now ?? Date.now;
  const database = openDatabase(join(dataDir, "gcs.sqlite"));
  const blobs = openBlobs(dataDir);
  const settled = recover(database, blobs, now());
  if (settled.published + settled.removed > 0) log?.info(settled, "settled what an earlier run left");
  const credentialsPath = join(dataDir, "service-account.json");
  const account = readAccountKey(credentialsPath);
  const onLeftUndone = (error: unknown) => log?.error({ error }, "a blob is left for the next start to tidy");
  const objects = new Objects(database, blobs, onLeftUndone);
  return {
    database,
    blobs,
    now,
    url,
    credentialsPath,
    hostNames: [options.host, ...(options.hostNames ?? [])],
    buckets: openBuckets(database),
    objects,
    sessions: new UploadSessions(database, blobs.create),
    multipartUploads: new MultipartUploads(database),
    account,
    verifySignature: createSignatureVerifier(account),
  };
}

async function closeServer(server: Server, database: DatabaseSync): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), closeGraceMs);
  await closed;
  clearTimeout(timer);
  database.close();
}

/**
 * Starts a server that speaks Cloud Storage's JSON API, and its XML API for objects, over a folder. docs/local-cloud.md
 * says what is built; what is not is refused with its name.
 */
export async function startGcsServer(options: GcsServerOptions): Promise<GcsServer> {
  let port = options.port;
  const url = () => `http://${options.host}:${port}`;
  const state = openState(options, url);
  const failures = new FailureLog(options.log);
  const usage = new UsageCounts();
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 600_000 }, (request, response) => {
    countRequest(usage, request, response);
    void handleRequest(state, request, response, failures);
  });
  server.setTimeout(options.stallTimeoutMs ?? 60_000);
  port = await listen(server, options.host, options.port);
  // Accepting fails while there are too many open files, and goes on when there are fewer.
  server.on("error", (error) => options.log?.error({ error }, "a connection was not accepted"));
  writeServiceAccount(state.credentialsPath, state.account, url());
  const sweep = () => {
    dropOldSessions(state.database, state.blobs, state.now());
    abortOldMultipartUploads(state);
    return applyLifecycle(state.database, state.buckets, state.objects, state.now());
  };
  const timer = setInterval(() => {
    sweep().catch((error) => options.log?.error({ error }, "lifecycle sweep failed"));
  }, sweepEveryMs);
  timer.unref();
  const close = async () => {
    clearInterval(timer);
    await closeServer(server, state.database);
  };
  return {
    port,
    url: url(),
    credentialsPath: state.credentialsPath,
    sweep,
    usage: () => usage.rows(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
