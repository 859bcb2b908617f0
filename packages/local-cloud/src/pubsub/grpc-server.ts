import { type handleBidiStreamingCall, type handleUnaryCall, Server } from "@grpc/grpc-js";
import { z } from "zod";
import type { Door } from "../doors/door.ts";
import type { Broker } from "./broker.ts";
import { type Answer, acknowledge, modifyAckDeadline, pull, streamingPull } from "./delivery-service.ts";
import { checkPermissions } from "./permissions.ts";
import { decode, encode, type Plain, rawMethods, typesOf } from "./protos.ts";
import { publish, publisherMethods } from "./publisher-service.ts";
import { invalidArgument, StatusError } from "./status-error.ts";
import { subscriberMethods } from "./subscriber-service.ts";

const PUBLISHER = "google.pubsub.v1.Publisher";
const SUBSCRIBER = "google.pubsub.v1.Subscriber";

/** Requests may be 10 MB of messages and a little framing. */
const MAX_REQUEST_BYTES = 11 * 1024 * 1024;

type Unary = handleUnaryCall<Buffer, Buffer>;
type Bidi = handleBidiStreamingCall<Buffer, Buffer>;
type Handler = (call: Parameters<Unary>[0], answer: Answer) => void;

/** The services over a broker. @param door what all calls come through; with none they may do everything. */
export function createGrpcServer(broker: Broker, door: Door | undefined): Server {
  const server = new Server({
    "grpc.max_receive_message_length": MAX_REQUEST_BYTES,
    "grpc.max_send_message_length": -1,
    "grpc.max_concurrent_streams": 10_000,
    "grpc.enable_channelz": 0,
  });
  const unaries = (handlers: Readonly<Record<string, Handler>>) =>
    Object.fromEntries(
      Object.entries(handlers).map(([name, handle]) => [
        name,
        unary((call, answer) => {
          checkPermissions(door, name, call.request);
          handle(call, answer);
        }),
      ]),
    );
  server.addService(
    rawMethods(PUBLISHER),
    unaries({
      ...decoding(PUBLISHER, publisherMethods(broker)),
      Publish: (call, answer) => publish(broker, call.request, answer),
    }),
  );
  server.addService(rawMethods(SUBSCRIBER), {
    ...unaries({
      ...decoding(SUBSCRIBER, subscriberMethods(broker)),
      Acknowledge: (call, answer) => acknowledge(broker, call.request, answer),
      ModifyAckDeadline: (call, answer) => modifyAckDeadline(broker, call.request, answer),
      Pull: (call, answer) => pull(broker, call, answer),
    }),
    StreamingPull: ((call) =>
      streamingPull(broker, call, (first) => checkPermissions(door, "StreamingPull", first))) satisfies Bidi,
  });
  return server;
}

function unary(handle: Handler): Unary {
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

/** Methods off the hot path, which work on decoded requests. */
function decoding(
  service: string,
  methods: Readonly<Record<string, (request: Plain) => Plain>>,
): Record<string, Handler> {
  const handlers: Record<string, Handler> = {};
  for (const [name, method] of Object.entries(methods)) {
    const types = typesOf(service, name);
    handlers[name] = (call, answer) =>
      answer(undefined, encode(types.response, method(decode(types.request, call.request))));
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
