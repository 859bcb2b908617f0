import { type Server, ServerCredentials, status } from "@grpc/grpc-js";
import { type AccessSink, Door, type DoorSpec } from "../doors/door.ts";
import type { UsageRow } from "../usage/usage-counts.ts";
import { Broker, type Log } from "./broker.ts";
import { clampDeadlines } from "./clamp-deadlines.ts";
import { createGrpcServer } from "./grpc-server.ts";
import { widenReceiveWindows } from "./receive-window.ts";
import { StatusError } from "./status-error.ts";
import { Store } from "./store.ts";

export type PubSubServerOptions = {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The folder of the message store; null keeps everything in memory. */
  readonly dataDir: string | null;
  readonly log?: Log;
  /** Ports of one identity each; see `Door`. */
  readonly doors?: readonly DoorSpec[];
  /** Told of all that is asked for at a door. */
  readonly onAccess?: AccessSink;
};

export type PubSubServer = AsyncDisposable & {
  readonly port: number;
  /** By identity. */
  readonly doorPorts: ReadonlyMap<string, number>;
  /** Messages and their bytes, by topic and by subscription, since the start. */
  usage(): UsageRow[];
  /** Ends open streams with UNAVAILABLE (clients reconnect), commits, and closes the store. */
  close(): Promise<void>;
};

/**
 * Starts a Pub/Sub server: `google.pubsub.v1.Publisher` and `Subscriber` over plaintext gRPC, as clients expect it behind
 * PUBSUB_EMULATOR_HOST. Durable in `dataDir`; see Store for what that means.
 */
export async function startPubSubServer(options: PubSubServerOptions): Promise<PubSubServer> {
  const store = new Store(options.dataDir);
  const broker = new Broker(store, { now: Date.now, log: options.log ?? (() => {}) });
  const server = createGrpcServer(broker, undefined);
  const servers = [server];
  const port = await bind(server, `${options.host}:${options.port}`);
  const doorPorts = new Map<string, number>();
  for (const spec of options.doors ?? []) {
    const behind = createGrpcServer(broker, new Door(spec, options.onAccess));
    servers.push(behind);
    doorPorts.set(spec.identity, await bind(behind, `${options.host}:${spec.port}`));
  }
  const stopTuning = [widenReceiveWindows(new Set([port, ...doorPorts.values()])), clampDeadlines()];
  let closing: Promise<void> | null = null;
  const close = () => {
    closing ??= closeAll(servers, broker).finally(() => {
      for (const stop of stopTuning) stop();
    });
    return closing;
  };
  return { port, doorPorts, usage: () => store.usage.rows(), close, [Symbol.asyncDispose]: close };
}

function bind(server: Server, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve(port);
    });
  });
}

/** How long calls in progress get to finish once their streams were told to end, in ms. */
const CLOSE_GRACE_MS = 500;

async function closeAll(servers: readonly Server[], broker: Broker): Promise<void> {
  broker.endStreams(new StatusError(status.UNAVAILABLE, "the server is shutting down"));
  await Promise.all(servers.map(shutDown));
  await broker.close();
}

function shutDown(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, CLOSE_GRACE_MS);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
