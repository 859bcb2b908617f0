import {
  Duration,
  type Message,
  type PubSub,
  type Subscription,
  SubscriptionCloseBehaviors,
} from "@google-cloud/pubsub";
import { closeSubscription, isKnownClient } from "./close-subscription.ts";

export interface LaneOptions {
  /** Full or short name of the subscription. */
  readonly subscription: string;
  /** Messages that the server may have out with this lane. */
  readonly maxMessages: number;
  /** And their bytes, but for the last of them: of messages of the longest kind few fill a process. Default: the client's own, 100 MiB. */
  readonly maxBytes?: number | undefined;
  /** How long closing may wait for what was taken, in ms. */
  readonly closeMs: number;
  /** How long leases are extended, in ms. Default `leaseMs`. */
  readonly extendMs?: number | undefined;
  take(message: Message): void;
  /** Once per trouble, not once per attempt to open the stream again. */
  onTrouble(error: Error): void;
}

/** One stream of a subscription, kept open. */
export interface Lane {
  /**
   * What closed the stream, a refusal say; undefined while messages can come, as far as is known: one has come since, or the stream has been open for a while.
   */
  trouble(): Error | undefined;
  /** What was told of has been seen to: should it come again, it is told of again. */
  tellAgain(): void;
  /** From now on what comes goes back. Resolves when what came before is done and its acks are sent. */
  close(): Promise<void>;
}

/** How long to wait before a stream that ended for good is opened again, in ms: a subscription may be on its way. */
const reopenMs = 1_000;
/** How long a stream that was opened again has to stay open before its trouble is over: a refusal takes a moment, and none is told where there is none. */
const settleMs = 10_000;
const unknownClient =
  "this version of the Pub/Sub client keeps its streams elsewhere than expected: what is on its way when the worker drains waits out its lease";
/** The client's own longest: a stream that is closed extends what came through it until it is done. */
export const leaseMs = 60_000;

/**
 * Pulls a subscription through one stream. The client opens it again after the errors that it holds to be passing, and
 * closes for good after any other (a subscription that is missing for a moment, say): here it is opened again, until the
 * lane is closed.
 */
export function openLane(pubsub: PubSub, options: LaneOptions): Lane {
  const subscription = pubsub.subscription(options.subscription, flowOf(options));
  let isClosing = false;
  let trouble: Error | undefined;
  let reported: string | undefined;
  let reopening: NodeJS.Timeout | undefined;
  let settling: NodeJS.Timeout | undefined;
  const settle = () => {
    clearTimeout(settling);
    trouble = undefined;
  };
  subscription.on("message", (message: Message) => {
    reported = undefined;
    settle();
    if (isClosing) message.nack();
    else options.take(message);
  });
  subscription.on("error", (error: Error) => {
    if (isClosing) return;
    clearTimeout(settling);
    trouble = error;
    if (reported !== error.message) options.onTrouble(error);
    reported = error.message;
  });
  subscription.on("close", () => {
    if (isClosing) return;
    clearTimeout(reopening);
    reopening = setTimeout(() => {
      subscription.open();
      clearTimeout(settling);
      settling = setTimeout(settle, settleMs).unref();
    }, reopenMs);
  });
  // The client makes its streams when it opens, which it does as soon as somebody listens.
  const checking = setImmediate(() => {
    if (!subscription.isOpen || isKnownClient(subscription)) return;
    options.onTrouble(new Error(unknownClient));
  });
  return {
    trouble: () => trouble,
    tellAgain() {
      reported = undefined;
    },
    close() {
      isClosing = true;
      clearImmediate(checking);
      clearTimeout(reopening);
      clearTimeout(settling);
      return closeSubscription(subscription);
    },
  };
}

function flowOf({
  maxMessages,
  maxBytes,
  closeMs,
  extendMs = leaseMs,
}: LaneOptions): Parameters<Subscription["setOptions"]>[0] {
  return {
    // The cap is per stream, and the client opens several unless told otherwise. The server honours the cap, so
    // excess can only be a message or two; with `false` a close that waits stalls until its timeout.
    flowControl: { maxMessages, allowExcessMessages: true, ...(maxBytes === undefined ? {} : { maxBytes }) },
    streamingOptions: { maxStreams: 1 },
    maxExtensionTime: Duration.from({ milliseconds: extendMs }),
    closeOptions: {
      behavior: SubscriptionCloseBehaviors.WaitForProcessing,
      timeout: Duration.from({ milliseconds: closeMs }),
    },
    batching: { maxMilliseconds: 10, maxMessages: 100 },
  };
}
