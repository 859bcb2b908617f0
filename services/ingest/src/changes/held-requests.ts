/**
 * Requests that are held open until something happens: each holds a connection, and little else. So that one client does not leave others without, those from one
 * address have a share of all.
 *
 * While the API ends (it may go on taking requests for a while, see SEGUE_API_LAME_DUCK_MS) what is open is answered with what there is, and what still comes is held for a
 * moment: whoever asks again and again would do so without a pause. Connections are closed with the answer, so that clients come back to another instance.
 */
import type { Socket } from "node:net";
import type { FastifyReply } from "fastify";
import type { ClientOf } from "../client-of.ts";
import { ProblemError } from "../problem-error.ts";

/** Of all that may be held, what one address has at most. */
export const shareOfOne = 1 / 4;

/** While the API ends: how long what still comes is held, and how long a client may take nothing of an answer that has ended. */
const endingMs = { hold: 1_000, unread: 1_000 };

export interface HeldRequests {
  /**
   * Counts a request until its connection has no more use for it.
   *
   * @returns aborts when the client has gone, or the API drains: then the answer ends.
   * @throws {ProblemError} `too-many-streams`.
   */
  hold(reply: FastifyReply): AbortSignal;
  /** Whether it was: how long it took says nothing of the API. */
  wasHeld(reply: FastifyReply): boolean;
  count(): number;
  /** Ends all: each is answered with what there is. */
  end(): void;
}

interface Held {
  readonly gone: AbortController;
  readonly socket: Socket;
  closeAfter(): void;
}

export function createHeldRequests(limit: number, clientOf: ClientOf): HeldRequests {
  const known = new WeakSet<FastifyReply>();
  const open = new Set<Held>();
  const shares = createShares(Math.ceil(limit * shareOfOne));
  let isEnding = false;
  const end = ({ gone, socket, closeAfter }: Held) => {
    closeAfter();
    gone.abort();
    cutUnread(socket);
  };
  return {
    hold(reply) {
      if (open.size >= limit) {
        const detail = `expected fewer than ${limit} requests that wait for something to happen`;
        throw new ProblemError("too-many-streams", detail);
      }
      const letGo = shares.take(clientOf(reply.request));
      const held = {
        gone: new AbortController(),
        socket: reply.raw.socket ?? reply.request.raw.socket,
        closeAfter() {
          if (!reply.raw.headersSent) reply.header("connection", "close");
        },
      };
      open.add(held);
      known.add(reply);
      if (isEnding) held.closeAfter();
      const ending = isEnding ? setTimeout(end, endingMs.hold, held) : undefined;
      // Comes after the answer, and when the client goes away without one.
      reply.raw.once("close", () => {
        clearTimeout(ending);
        letGo();
        open.delete(held);
        held.gone.abort();
      });
      return held.gone.signal;
    },
    wasHeld: (reply) => known.has(reply),
    count: () => open.size,
    end() {
      isEnding = true;
      for (const held of open) end(held);
    },
  };
}

/** Of an answer that nobody reads the end never comes: the socket is cut, where a while has taken nothing from it. */
function cutUnread(socket: Socket): void {
  const taken = () => socket.bytesWritten - socket.writableLength;
  const before = taken();
  const timer = setTimeout(() => {
    if (socket.writableLength > 0 && taken() === before) socket.destroy();
  }, endingMs.unread);
  timer.unref();
}

function createShares(most: number) {
  const counts = new Map<string, number>();
  return {
    /** @param client undefined: nobody in particular. @returns gives it back. @throws {ProblemError} */
    take(client: string | undefined): () => void {
      if (client === undefined) return () => {};
      const count = counts.get(client) ?? 0;
      if (count >= most) {
        const detail = `expected fewer than ${most} requests from one address that wait for something to happen`;
        throw new ProblemError("too-many-streams", detail);
      }
      counts.set(client, count + 1);
      return () => {
        const left = (counts.get(client) ?? 1) - 1;
        if (left > 0) counts.set(client, left);
        else counts.delete(client);
      };
    },
  };
}
