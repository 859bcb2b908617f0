import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import type { Logger } from "@segue/telemetry";
import { type AccessSink, Door, type DoorSpec } from "../doors/door.ts";
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
import type { ServerState, SharedState } from "./server-state.ts";
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
  /** Ports of one identity each; see `Door`. */
  readonly doors?: readonly DoorSpec[];
  /** Told of all that is asked for at a door. */
  readonly onAccess?: AccessSink;
};

export type GcsServer = AsyncDisposable & {
  readonly port: number;
  /** By identity. */
  readonly doorPorts: ReadonlyMap<string, number>;
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

function openState(options: GcsServerOptions): SharedState & { credentialsPath: string } {
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

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), closeGraceMs);
  await closed;
  clearTimeout(timer);
}

interface OpenPort {
  readonly port: number;
  readonly server: Server;
  readonly url: string;
}

/** A port at which requests are answered, with links that lead back to it. @param door what they come through. */
type OpenPorts = (port: number, door?: Door) => Promise<OpenPort>;

function createPorts(options: GcsServerOptions, state: SharedState, usage: UsageCounts): OpenPorts {
  const failures = new FailureLog(options.log);
  return async (wanted, door) => {
    let port = wanted;
    const url = () => `http://${options.host}:${port}`;
    const own: ServerState = { ...state, url, door };
    const server = createServer({ requestTimeout: 0, keepAliveTimeout: 600_000 }, (request, response) => {
      countRequest(usage, request, response);
      void handleRequest(own, request, response, failures);
    });
    server.setTimeout(options.stallTimeoutMs ?? 60_000);
    port = await listen(server, options.host, wanted);
    // Accepting fails while there are too many open files, and goes on when there are fewer.
    server.on("error", (error) => options.log?.error({ error }, "a connection was not accepted"));
    return { port, server, url: url() };
  };
}

/**
 * Starts a server that speaks Cloud Storage's JSON API, and its XML API for objects, over a folder. docs/local-cloud.md
 * says what is built; what is not is refused with its name.
 */
export async function startGcsServer(options: GcsServerOptions): Promise<GcsServer> {
  const state = openState(options);
  const usage = new UsageCounts();
  const openPort = createPorts(options, state, usage);
  const { port, url, server } = await openPort(options.port);
  const servers = [server];
  const doorPorts = new Map<string, number>();
  for (const spec of options.doors ?? []) {
    const behind = await openPort(spec.port, new Door(spec, options.onAccess));
    servers.push(behind.server);
    doorPorts.set(spec.identity, behind.port);
  }
  writeServiceAccount(state.credentialsPath, state.account, url);
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
    if (!server.listening) return;
    await Promise.all(servers.map(closeServer));
    state.database.close();
  };
  return {
    port,
    doorPorts,
    url,
    credentialsPath: state.credentialsPath,
    sweep,
    usage: () => usage.rows(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
