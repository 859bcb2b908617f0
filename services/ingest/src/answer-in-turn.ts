import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/** Requests that may be on their way on one connection behind the one that is being answered. Clients that pipeline at all send a few. */
const mostWaiting = 100;

interface Line {
  /** When the answer to the latest request of the connection is over. */
  last: Promise<void>;
  waiting: number;
}

/**
 * Takes the requests of a connection up one after the other. Node starts all that a client has sent ahead, some two thousand in one
 * read, and holds every answer until those before it are sent: a client that reads none of them would fill the memory of this
 * process with a few of its own kilobytes. A connection on which more wait than a client has any use for is closed.
 */
export function answerInTurn(app: Pick<FastifyInstance, "addHook">): void {
  const lines = new WeakMap<Socket, Line>();
  app.addHook("onRequest", async ({ raw: { socket } }, reply) => {
    const line = lines.get(socket) ?? { last: Promise.resolve(), waiting: 0 };
    lines.set(socket, line);
    const before = line.last;
    line.last = whenOver(reply.raw);
    line.waiting += 1;
    if (line.waiting > mostWaiting) socket.destroy();
    await before;
    line.waiting -= 1;
    // Nobody is left to answer.
    if (socket.destroyed) return reply.hijack();
  });
}

function whenOver(answer: ServerResponse): Promise<void> {
  return new Promise((resolve) => answer.once("close", resolve));
}
