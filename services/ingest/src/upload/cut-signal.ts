import type { IncomingMessage } from "node:http";

/** Aborted when the client goes away before its request is complete. */
export function cutSignal(request: IncomingMessage): AbortSignal {
  const controller = new AbortController();
  const check = () => {
    if (!request.complete) controller.abort();
  };
  if (request.destroyed) check();
  else request.once("close", check);
  return controller.signal;
}
