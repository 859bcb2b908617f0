import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { followOpenStreams } from "./open-streams.ts";

/**
 * A proxy before Google's emulator that cancels the HTTP/2 streams of clients whose connection breaks, as Google's own
 * front end does. The emulator does not notice: it goes on handing messages to a killed worker's stream until that
 * stream's deadline, 15 minutes later, and each waits out its lease there.
 */
export async function startCancellingProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<AsyncDisposable & { readonly port: number }> {
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ ...target, noDelay: true });
    const streams = followOpenStreams();
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.once("close", () => open.delete(socket));
      socket.on("error", () => {});
    }
    client.on("data", (chunk) => {
      streams.read(chunk);
      if (!upstream.write(chunk)) client.pause();
    });
    upstream.on("drain", () => client.resume());
    client.once("close", () => upstream.end(streams.cancelFrames() ?? ""));
    upstream.pipe(client);
    upstream.once("close", () => client.destroy());
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
