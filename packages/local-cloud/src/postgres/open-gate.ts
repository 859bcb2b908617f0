import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { type Credentials, greet, refuse } from "./handshake.ts";
import { watchStatus, watchTurn } from "./watch-messages.ts";

export interface GateOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The socket on which the server itself listens, which nobody else can reach. */
  readonly innerPath: string;
  readonly credentials: Credentials;
  /** A transaction, or a query begun, in which nothing is asked for this long is ended: all connections share one session. */
  readonly idleInTransactionMs: number;
}

export interface Gate {
  readonly port: number;
  close(): Promise<void>;
}

/** A client that says nothing is let go; others are not held up by it. */
const handshakeMs = 60_000;

/**
 * Stands before the embedded Postgres, which asks nobody who they are and waits for ever for a client that has begun a
 * transaction, or sent a part of a query: checks the password, and ends those that stand idle, as
 * `idle_in_transaction_session_timeout` does.
 */
export async function openGate(options: GateOptions): Promise<Gate> {
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client);
    client.on("error", () => client.destroy());
    client.on("close", () => clients.delete(client));
    client.setTimeout(handshakeMs, () => client.destroy());
    void admit(client, options);
  });
  server.listen(options.port, options.host);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("expected a TCP address");
  return {
    port: address.port,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const client of clients) client.destroy();
      await closed;
    },
  };
}

async function admit(client: Socket, { innerPath, credentials, idleInTransactionMs }: GateOptions) {
  const startup = await greet(client, credentials);
  if (!startup) {
    if (!client.writableEnded) client.destroy();
    return;
  }
  client.setTimeout(0);
  const inner = connect(innerPath);
  const end = () => {
    clearTimeout(idle);
    inner.destroy();
    client.destroySoon();
  };
  inner.on("error", end).on("close", end);
  client.on("close", end);
  let idle: NodeJS.Timeout | undefined;
  const endIdle = () => {
    refuse(client, "25P03", "terminating connection due to idle-in-transaction timeout");
    inner.destroy();
  };
  const wait = (isClients: boolean) => {
    clearTimeout(idle);
    if (isClients) idle = setTimeout(endIdle, idleInTransactionMs);
  };
  inner.on(
    "data",
    watchStatus((status) => wait(status !== "I")),
  );
  client.on(
    "data",
    watchTurn((isServers) => wait(!isServers)),
  );
  inner.write(startup);
  client.pipe(inner).pipe(client);
}
