import type { ApiContext } from "../api-context.ts";
import { ProblemError } from "../problem-error.ts";

/** What is lost of it costs a minute. */
export function tellOfIt({ publisher, log }: Pick<ApiContext, "publisher" | "log">): void {
  publisher.announceWebhooksChanged().catch((error: unknown) => {
    log.debug({ error }, "the queue does not take that webhooks have changed; whoever sends finds it out");
  });
}

export function noWebhook(id: string): ProblemError {
  return new ProblemError("not-found", `no webhook ${id}`);
}
