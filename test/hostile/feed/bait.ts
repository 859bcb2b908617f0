import { once } from "node:events";
import { createServer } from "node:net";
import type { Bait } from "../corpus/references.ts";

/** Somebody listens at the bait's address, and counts who comes. */
export async function layBait(path: string): Promise<Bait & AsyncDisposable & { visits(): number }> {
  let visits = 0;
  const server = createServer((socket) => {
    visits += 1;
    socket.destroy();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("expected a TCP address");
  return {
    path,
    url: `http://127.0.0.1:${address.port}/song.wav`,
    visits: () => visits,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}
