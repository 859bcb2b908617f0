import { startCancellingProxy } from "./cancelling-proxy.ts";
import { end, spawnEmulator } from "./pubsub-processes.ts";

/** Starts the emulator, behind a proxy that ends the streams of workers that are killed: the emulator keeps them. */
export async function startGoogleEmulator(jar: string): Promise<AsyncDisposable & { readonly host: string }> {
  const server = await spawnEmulator(jar);
  const proxy = await startCancellingProxy({ host: "localhost", port: server.port });
  return {
    host: `localhost:${proxy.port}`,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await end(server, "SIGKILL");
    },
  };
}
