import type { IncomingMessage } from "node:http";
import type { Api } from "./api-context.ts";

/** How long a client may go on sending what nobody reads any more, in ms. */
export const lingerMs = 5_000;

/**
 * A request that is refused before its body has come whole: closing the connection at once would reset it, and its client, which is
 * in the middle of a write, would lose the answer; so the rest is read and thrown away for a while (as nginx does with `lingering_close`).
 */
export function lingerAfterRefusal(app: Api): void {
  app.addHook("onSend", async ({ raw }) => {
    if (!raw.complete) closeAtItsEnd(raw);
  });
  app.addHook("onResponse", async ({ raw }) => {
    if (raw.complete || raw.destroyed) return;
    raw.resume();
    const timer = setTimeout(() => raw.socket.destroy(), lingerMs);
    timer.unref();
    raw.once("close", () => clearTimeout(timer));
    raw.once("end", () => clearTimeout(timer));
  });
}

/**
 * Where an answer is the last of its connection, because client or framework said `Connection: close`, Node closes the socket with
 * it, by this method. One side of it alone is no help: clients take that for the end as well.
 */
function closeAtItsEnd(request: IncomingMessage): void {
  const { socket } = request;
  const close = socket.destroySoon.bind(socket);
  socket.destroySoon = () => void (request.complete ? close() : request.once("end", close));
}
