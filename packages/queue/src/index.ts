export { createPubSub } from "./create-pubsub.ts";
export { comesAgain, type Delivery, mayFollowAnother } from "./delivery.ts";
export { leaseMs, openLane } from "./open-lane.ts";
export {
  createPublisher,
  type NewTask,
  type Publisher,
  type SentAgain,
  type TrackFact,
} from "./publisher.ts";
export { readFetch, readMessage, requestOf } from "./read-message.ts";
export { createSend, NotSentError, type Send } from "./send.ts";
export { createSubscriber, type Subscriber, type SubscriberOptions } from "./subscriber.ts";
export { traceDelivery } from "./trace-delivery.ts";
