/**
 * Requests that are held open until something happens: each holds a connection, and little else. So that one client does not leave others without, those from one
 * address have a share of all, and those of one owner. Who may ask is asked again all the while: a key that is withdrawn ends what was begun with it.
 *
 * While the API ends (it may go on taking requests for a while, see SEGUE_API_LAME_DUCK_MS) what is open is answered with what there is, and what still comes is held for a
 * moment: whoever asks again and again would do so without a pause. Connections are closed with the answer, so that clients come back to another instance.
 */
import type { Socket } from "node:net";
import type { FastifyReply } from "fastify";
import { callerOf } from "../caller.ts";
import type { ClientOf } from "../client-of.ts";
import { sharerOf } from "../owner-of.ts";
import { ProblemError } from "../problem-error.ts";
import { createOwnersShares, createShares } from "../shares.ts";

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

export interface HeldOptions {
  readonly limit: number;
  readonly clientOf: ClientOf;
  /** Whether a key is still taken; one of which nothing can be told now is. */
  isTaken(keyId: string): Promise<boolean>;
  /** How often that is asked, in ms. */
  readonly askEveryMs?: number;
}

const askEveryMs = 5_000;

interface Held {
  readonly keyId: string;
  readonly gone: AbortController;
  readonly socket: Socket;
  closeAfter(): void;
}

export function createHeldRequests(options: HeldOptions): HeldRequests {
  const { limit, clientOf } = options;
  const known = new WeakSet<FastifyReply>();
  const open = new Set<Held>();
  const refuse = (words: string) =>
    new ProblemError("too-many-streams", `expected fewer than ${words} that wait for something to happen`);
  const most = Math.ceil(limit * shareOfOne);
  const addresses = createShares(
    ({ byThem }) => byThem < most,
    () => refuse(`${most} requests from one address`),
  );
  const owners = createOwnersShares(limit, (ofOne) => refuse(`${ofOne} requests of one owner`));
  let isEnding = false;
  const end = ({ gone, socket, closeAfter }: Held) => {
    closeAfter();
    gone.abort();
    cutUnread(socket);
  };
  const endWithdrawn = async () => {
    for (const keyId of new Set([...open].map((held) => held.keyId))) {
      if (await options.isTaken(keyId)) continue;
      for (const held of open) if (held.keyId === keyId) end(held);
    }
  };
  const watch = watchWhile(() => open.size > 0, endWithdrawn, options.askEveryMs ?? askEveryMs);
  return {
    hold(reply) {
      const { request } = reply;
      if (open.size >= limit) throw refuse(`${limit} requests`);
      const letGo = takeBoth(
        () => addresses.take(clientOf(request).network),
        () => owners.take(sharerOf(request)),
      );
      const held = heldOf(reply);
      open.add(held);
      known.add(reply);
      watch.start();
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

function heldOf(reply: FastifyReply): Held {
  const { request } = reply;
  return {
    ...{ keyId: callerOf(request).keyId, gone: new AbortController() },
    socket: reply.raw.socket ?? request.raw.socket,
    closeAfter() {
      if (!reply.raw.headersSent) reply.header("connection", "close");
    },
  };
}

/** Does something again and again, for as long as there is a reason to; it is started anew with the next one. */
function watchWhile(isWanted: () => boolean, look: () => Promise<void>, everyMs: number) {
  let timer: NodeJS.Timeout | undefined;
  const next = () => {
    timer = setTimeout(async () => {
      await look();
      timer = undefined;
      if (isWanted()) next();
    }, everyMs).unref();
  };
  return {
    start() {
      if (timer === undefined) next();
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

/** Either both, or neither. */
function takeBoth(takeFirst: () => () => void, takeSecond: () => () => void): () => void {
  const letGo = takeFirst();
  try {
    const letGoToo = takeSecond();
    return () => {
      letGo();
      letGoToo();
    };
  } catch (error) {
    letGo();
    throw error;
  }
}
