import type { ServerDuplexStream, ServerUnaryCall } from "@grpc/grpc-js";
import { z } from "zod";
import { parseAckRequest, parseStreamingPullRequest, type StreamingPullRequest } from "./ack-requests.ts";
import type { Broker } from "./broker.ts";
import { Consumer } from "./consumer.ts";
import { decode } from "./protos.ts";
import { checkSubscriptionName } from "./resource-name.ts";
import { invalidArgument, StatusError } from "./status-error.ts";
import type { SubscriptionEntity } from "./subscription-entity.ts";
import { encodeReceivedMessages, encodeSubscriptionProperties, type ReceivedMessage } from "./wire-writer.ts";

const EMPTY = Buffer.alloc(0);

/** Answers a unary call: with a failure or with the encoded response. */
export type Answer = (failure: StatusError | undefined, response: Buffer) => void;

/** How long a Pull waits for a first message before it answers with none, in ms. */
const PULL_WAIT_MS = 20_000;

const PullRequest = z.object({
  subscription: z.string().default(""),
  maxMessages: z.number().default(0),
  returnImmediately: z.boolean().default(false),
});

function find(broker: Broker, name: string): SubscriptionEntity {
  checkSubscriptionName(name);
  const subscription = broker.subscription(name);
  subscription.checkAttached();
  return subscription;
}

/** Acknowledge: answered when the acks are durable. */
export function acknowledge(broker: Broker, request: Buffer, answer: Answer): void {
  const { subscription, ackIds } = parseAckRequest(request, 2);
  find(broker, subscription).acknowledge(ackIds, (failure) => answer(failure, EMPTY));
}

/** ModifyAckDeadline: a nack (0) is answered when the failure is counted durably. */
export function modifyAckDeadline(broker: Broker, request: Buffer, answer: Answer): void {
  const { subscription, ackIds, ackDeadlineSec } = parseAckRequest(request, 4);
  find(broker, subscription).modifyAckDeadline(ackIds, ackDeadlineSec, (failure) => answer(failure, EMPTY));
}

/** Pull: answers with the first messages there are, at once or when they come. */
export function pull(broker: Broker, call: ServerUnaryCall<Buffer, Buffer>, answer: Answer): void {
  const request = PullRequest.parse(decode("google.pubsub.v1.PullRequest", call.request));
  if (request.maxMessages <= 0) throw invalidArgument("maxMessages", "at least 1", request.maxMessages);
  const subscription = find(broker, request.subscription);
  let timer: NodeJS.Timeout | null = null;
  const finish = (failure: StatusError | undefined, response: Buffer) => {
    if (timer) clearTimeout(timer);
    subscription.streams.delete(end);
    subscription.release(consumer);
    answer(failure, response);
  };
  const end = (reason: StatusError) => finish(reason, EMPTY);
  const consumer = new Consumer({
    maxMessages: request.maxMessages,
    maxBytes: 0,
    leaseMs: subscription.config.ackDeadlineSeconds * 1000,
    once: true,
    send(received) {
      finish(undefined, encodeCounted(broker, subscription, received));
      return true;
    },
  });
  subscription.streams.add(end);
  call.on("cancelled", () => {
    if (!consumer.closed) finish(undefined, EMPTY);
  });
  subscription.attach(consumer);
  if (consumer.closed) return;
  if (request.returnImmediately) finish(undefined, EMPTY);
  else timer = setTimeout(() => finish(undefined, EMPTY), PULL_WAIT_MS);
}

/** A response with messages, which are counted as delivered. */
function encodeCounted(
  { store: { usage } }: Broker,
  { config }: SubscriptionEntity,
  received: readonly ReceivedMessage[],
): Buffer {
  const encoded = encodeReceivedMessages(received);
  const labels = { subscription: config.name };
  usage.add("delivered_messages", labels, received.length);
  usage.add("delivered_bytes", labels, encoded.length);
  return encoded;
}

interface OpenStream {
  readonly subscription: SubscriptionEntity;
  readonly consumer: Consumer;
}

/**
 * StreamingPull: one stream of a subscriber, from its first request to its end.
 *
 * @param permit throws for a first request that may not come.
 */
export function streamingPull(
  broker: Broker,
  call: ServerDuplexStream<Buffer, Buffer>,
  permit: (first: Buffer) => void,
): void {
  let open: OpenStream | null = null;
  const end = (reason: StatusError | null) => {
    if (open) {
      open.subscription.streams.delete(end);
      open.subscription.release(open.consumer);
    }
    open = null;
    if (reason) call.emit("error", { code: reason.code, details: reason.message });
    else call.end();
  };
  call.on("data", (bytes: Buffer) => {
    try {
      const request = parseStreamingPullRequest(bytes);
      if (!open) {
        permit(bytes);
        open = openStream(broker, call, request, end);
      } else keepAlive(call, open, request);
      settleOnStream(open.subscription, request);
    } catch (error) {
      end(StatusError.from(error));
    }
  });
  call.on("end", () => end(null));
  call.on("cancelled", () => end(null));
  call.on("drain", () => {
    open?.consumer.resume();
    open?.subscription.queue.pump();
  });
}

function openStream(
  broker: Broker,
  call: ServerDuplexStream<Buffer, Buffer>,
  request: StreamingPullRequest,
  end: (reason: StatusError) => void,
): OpenStream {
  const subscription = find(broker, request.subscription);
  checkStreamDeadline(request.streamAckDeadlineSec);
  const properties = encodeSubscriptionProperties(subscription.ordered);
  const consumer = new Consumer({
    maxMessages: request.maxOutstandingMessages,
    maxBytes: request.maxOutstandingBytes,
    leaseMs: request.streamAckDeadlineSec * 1000,
    once: false,
    send(received) {
      const encoded = encodeCounted(broker, subscription, received);
      return call.write(Buffer.concat([encoded, properties]));
    },
  });
  subscription.streams.add(end);
  call.write(properties);
  subscription.attach(consumer);
  return { subscription, consumer };
}

/**
 * A later request may change the stream's deadline. Every one is answered, by a response without messages, because clients that
 * announce protocol version 1 take a stream that stays silent after their ping for dead.
 */
function keepAlive(
  call: ServerDuplexStream<Buffer, Buffer>,
  { subscription, consumer }: OpenStream,
  request: StreamingPullRequest,
): void {
  if (request.subscription !== "") {
    throw invalidArgument(
      "subscription",
      "a name in the first request of a stream only",
      request.subscription,
    );
  }
  if (request.streamAckDeadlineSec !== 0) {
    checkStreamDeadline(request.streamAckDeadlineSec);
    consumer.leaseMs = request.streamAckDeadlineSec * 1000;
  }
  call.write(encodeSubscriptionProperties(subscription.ordered));
}

function checkStreamDeadline(sec: number): void {
  if (sec < 10 || sec > 600) throw invalidArgument("streamAckDeadlineSeconds", "10 to 600", sec);
}

function settleOnStream(subscription: SubscriptionEntity, request: StreamingPullRequest): void {
  const ignore = () => {};
  if (request.ackIds.length > 0) subscription.acknowledge(request.ackIds, ignore);
  request.modifyDeadlineAckIds.forEach((ackId, i) => {
    subscription.modifyAckDeadline([ackId], request.modifyDeadlineSec[i] ?? 0, ignore);
  });
}
