import { extractTrace, type Span, type TraceContext, withSpan } from "@segue/telemetry";
import type { Delivery } from "./delivery.ts";

/** Handles a delivery in a span, within the trace that its message names; what is sent meanwhile goes on in the trace that `handle` is given. */
export function traceDelivery<T>(
  name: string,
  delivery: Pick<Delivery, "id" | "attributes" | "subscription" | "deliveryAttempt">,
  handle: (span: Span, trace: TraceContext) => Promise<T>,
): Promise<T> {
  const attributes = {
    "messaging.system": "gcp_pubsub",
    "messaging.message.id": delivery.id,
    "messaging.destination.subscription.name": delivery.subscription,
    "messaging.gcp_pubsub.message.delivery_attempt": delivery.deliveryAttempt,
  };
  return withSpan(name, attributes, handle, { parent: extractTrace(delivery.attributes), kind: "consumer" });
}
