import {
  type handleBidiStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  status,
} from "@grpc/grpc-js";
import { z } from "zod";
import type { UsageRow } from "../usage/usage-counts.ts";
import { Broker, type Log } from "./broker.ts";
import { clampDeadlines } from "./clamp-deadlines.ts";
import { type Answer, acknowledge, modifyAckDeadline, pull, streamingPull } from "./delivery-service.ts";
import { decode, encode, type Plain, rawMethods, typesOf } from "./protos.ts";
import { publish, publisherMethods } from "./publisher-service.ts";
import { widenReceiveWindows } from "./receive-window.ts";
import { invalidArgument, StatusError } from "./status-error.ts";
import { Store } from "./store.ts";
import { subscriberMethods } from "./subscriber-service.ts";

const PUBLISHER = "google.pubsub.v1.Publisher";
const SUBSCRIBER = "google.pubsub.v1.Subscriber";

/** Requests may be 10 MB of messages and a little framing. */
const MAX_REQUEST_BYTES = 11 * 1024 * 1024;

type Unary = handleUnaryCall<Buffer, Buffer>;
type Bidi = handleBidiStreamingCall<Buffer, Buffer>;

export type PubSubServerOptions = {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The folder of the message store; null keeps everything in memory. */
  readonly dataDir: string | null;
  readonly log?: Log;
};

export type PubSubServer = AsyncDisposable & {
  readonly port: number;
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
  const server = new Server({
    "grpc.max_receive_message_length": MAX_REQUEST_BYTES,
    "grpc.max_send_message_length": -1,
    "grpc.max_concurrent_streams": 10_000,
    "grpc.enable_channelz": 0,
  });
  server.addService(rawMethods(PUBLISHER), {
    ...unaryMethods(PUBLISHER, publisherMethods(broker)),
    Publish: unary((call, answer) => publish(broker, call.request, answer)),
  });
  server.addService(rawMethods(SUBSCRIBER), {
    ...unaryMethods(SUBSCRIBER, subscriberMethods(broker)),
    Acknowledge: unary((call, answer) => acknowledge(broker, call.request, answer)),
    ModifyAckDeadline: unary((call, answer) => modifyAckDeadline(broker, call.request, answer)),
    Pull: unary((call, answer) => pull(broker, call, answer)),
    StreamingPull: ((call) => streamingPull(broker, call)) satisfies Bidi,
  });
  const port = await bind(server, `${options.host}:${options.port}`);
  const stopTuning = [widenReceiveWindows(port), clampDeadlines()];
  let closing: Promise<void> | null = null;
  const close = () => {
    closing ??= closeAll(server, broker).finally(() => {
      for (const stop of stopTuning) stop();
    });
    return closing;
  };
  return { port, usage: () => store.usage.rows(), close, [Symbol.asyncDispose]: close };
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

async function closeAll(server: Server, broker: Broker): Promise<void> {
  broker.endStreams(new StatusError(status.UNAVAILABLE, "the server is shutting down"));
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, CLOSE_GRACE_MS);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
  await broker.close();
}

function unary(handle: (call: Parameters<Unary>[0], answer: Answer) => void): Unary {
  return (call, callback) => {
    const answer: Answer = (failure, response) => {
      if (failure) callback({ code: failure.code, details: failure.message });
      else callback(null, response);
    };
    try {
      handle(call, answer);
    } catch (error) {
      answer(toStatus(error), Buffer.alloc(0));
    }
  };
}

function unaryMethods(
  service: string,
  methods: Record<string, (request: Plain) => Plain>,
): Record<string, Unary> {
  const handlers: Record<string, Unary> = {};
  for (const [name, method] of Object.entries(methods)) {
    const types = typesOf(service, name);
    handlers[name] = unary((call, answer) =>
      answer(undefined, encode(types.response, method(decode(types.request, call.request)))),
    );
  }
  return handlers;
}

/** A request whose fields have the wrong shape is the caller's error. */
function toStatus(error: unknown): StatusError {
  if (!(error instanceof z.ZodError)) return StatusError.from(error);
  const [issue] = error.issues;
  return invalidArgument(
    issue?.path.join(".") ?? "request",
    issue?.message ?? "a valid request",
    "another form",
  );
}
