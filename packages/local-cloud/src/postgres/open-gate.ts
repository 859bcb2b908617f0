import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { type Credentials, greet } from "./handshake.ts";
import { type Session, serveClient } from "./serve-client.ts";

export interface GateOptions extends Session {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly credentials: Credentials;
  /** Called where serving a client fails for a reason that is not the client's. */
  readonly onFatal: (error: unknown) => void;
}

export interface Gate {
  readonly port: number;
  /** Resolves once the last client has left the session. */
  close(): Promise<void>;
}

/** A client that says nothing is let go; others are not held up by it. */
const handshakeMs = 60_000;
/** How long a client may take to read why it is let go. */
const partingMs = 1_000;

/** Lets clients that know the password into the embedded Postgres, which itself asks nobody who they are. */
export async function openGate(options: GateOptions): Promise<Gate> {
  const clients = new Map<Socket, Promise<void>>();
  const server = createServer({ noDelay: true }, (client) => {
    client.on("error", () => client.destroy());
    const served = admit(client, options).catch(options.onFatal);
    clients.set(client, served);
    void served.then(() => {
      clients.delete(client);
      client.destroySoon();
      // One that does not read never has all of it.
      setTimeout(() => client.destroy(), partingMs).unref();
    });
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
      for (const client of clients.keys()) client.destroy();
      await Promise.all(clients.values());
      await closed;
    },
  };
}

async function admit(client: Socket, options: GateOptions): Promise<void> {
  client.setTimeout(handshakeMs, () => client.destroy());
  if (!(await greet(client, options.credentials))) return;
  client.setTimeout(0);
  client.write(options.engine.greeting);
  await serveClient(client, options);
}
