import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** What a proxy does to the connections that pass through it while it lasts. */
export type Fault =
  /** Connections are reset, those that are open and those that come. */
  | { readonly kind: "refuse" }
  /** Each connection is reset in the middle, once so many bytes have passed in either direction. */
  | { readonly kind: "cut"; afterBytes(): number }
  /** Every byte arrives so much later, in order. */
  | { readonly kind: "delay"; readonly ms: number }
  /** Nothing arrives, and nobody is told. What was sent meanwhile arrives afterwards. */
  | { readonly kind: "hang" }
  /** Open connections are reset; whoever connects is answered with HTTP 503. */
  | { readonly kind: "unavailable" };

/** A TCP proxy on the loopback interface that passes bytes on faithfully, but for its fault. */
export interface FaultProxy extends AsyncDisposable {
  readonly port: number;
  /** Replaces the fault; null: none. */
  set(fault: Fault | null): void;
}

interface Link {
  /** The fault has changed. */
  changed(): void;
  reset(): void;
}

/** Bytes held for one direction of a connection; past these its sender is made to wait. */
const maxHeldBytes = 4 * 2 ** 20;

export async function startFaultProxy(target: { host: string; port: number }): Promise<FaultProxy> {
  let fault: Fault | null = null;
  const links = new Set<Link>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    client.on("error", () => {});
    if (fault?.kind === "refuse") return void client.resetAndDestroy();
    if (fault?.kind === "unavailable") return answerUnavailable(client);
    const upstream = connect({ ...target, allowHalfOpen: true, noDelay: true });
    const link = createLink(client, upstream, () => fault);
    links.add(link);
    client.once("close", () => links.delete(link));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    set(next) {
      fault = next;
      for (const link of links) {
        if (next?.kind === "refuse" || next?.kind === "unavailable") link.reset();
        else link.changed();
      }
    },
    async [Symbol.asyncDispose]() {
      for (const link of links) link.reset();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createLink(client: Socket, upstream: Socket, fault: () => Fault | null): Link {
  let left: number | undefined;
  const reset = () => {
    client.resetAndDestroy();
    upstream.destroy();
  };
  const counted = (bytes: number) => {
    if (left === undefined) return;
    left -= bytes;
    if (left <= 0) reset();
  };
  const directions = [pump(client, upstream, fault, counted), pump(upstream, client, fault, counted)];
  const changed = () => {
    const now = fault();
    left = now?.kind === "cut" ? now.afterBytes() : undefined;
    for (const flush of directions) flush();
  };
  for (const [socket, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    socket.on("error", () => other.destroy());
    socket.on("close", () => other.destroy());
  }
  changed();
  return { changed, reset };
}

/** Passes one direction on. Returns what to call when the fault has changed. */
function pump(
  from: Socket,
  to: Socket,
  fault: () => Fault | null,
  counted: (bytes: number) => void,
): () => void {
  const held: { readonly chunk: Buffer | null; readonly dueAt: number }[] = [];
  let heldBytes = 0;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    while (!to.destroyed && fault()?.kind !== "hang") {
      const next = held[0];
      if (!next) break;
      const waitMs = next.dueAt - performance.now();
      if (waitMs > 0) {
        timer = setTimeout(flush, waitMs);
        break;
      }
      held.shift();
      if (!next.chunk) {
        to.end();
        continue;
      }
      heldBytes -= next.chunk.length;
      to.write(next.chunk);
      counted(next.chunk.length);
    }
    if (heldBytes + to.writableLength < maxHeldBytes) from.resume();
  };
  const hold = (chunk: Buffer | null) => {
    const now = fault();
    held.push({ chunk, dueAt: now?.kind === "delay" ? performance.now() + now.ms : 0 });
    heldBytes += chunk?.length ?? 0;
    flush();
    if (heldBytes + to.writableLength >= maxHeldBytes) from.pause();
  };
  from.on("data", (chunk: Buffer) => hold(chunk));
  from.on("end", () => hold(null));
  to.on("drain", flush);
  to.on("close", () => clearTimeout(timer));
  return flush;
}

/** As a load balancer answers whose backends are gone, without waiting for the request's end. */
function answerUnavailable(client: Socket): void {
  const body = JSON.stringify({ error: { code: 503, message: "Service Unavailable" } });
  client.once("data", () => {
    client.end(
      `HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n` +
        `connection: close\r\n\r\n${body}`,
    );
    client.resume();
    setTimeout(() => client.destroy(), 1_000).unref();
  });
}
