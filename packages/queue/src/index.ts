export { type Announcer, createAnnouncer, withinTrace } from "./announcer.ts";
export { createPubSub } from "./create-pubsub.ts";
export type { Delivery } from "./delivery.ts";
export { openLane } from "./open-lane.ts";
export { createSubscriber, type Subscriber, type SubscriberOptions } from "./subscriber.ts";
