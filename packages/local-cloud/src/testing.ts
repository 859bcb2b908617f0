import { once } from "node:events";
import { createServer } from "node:net";

/** A port of the loopback interface on which nobody listens at this moment. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new TypeError("expected a TCP address");
  return address.port;
}
