import { rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";

/** Hands out a machine's CPU slots to the workers on it (see `createSharedSlots`). */
export interface SlotServer extends AsyncDisposable {
  readonly socketPath: string;
}

/** @param slots how many attempts may compute at once: as many as there are cores. */
export async function startSlotServer(socketPath: string, slots: number): Promise<SlotServer> {
  await rm(socketPath, { force: true });
  const waiting = new Set<Socket>();
  const holding = new Set<Socket>();
  const grant = () => {
    for (const socket of waiting) {
      if (holding.size >= slots) return;
      waiting.delete(socket);
      holding.add(socket);
      socket.write("1");
    }
  };
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      waiting.delete(socket);
      holding.delete(socket);
      grant();
    });
    socket.resume();
    grant();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  return {
    socketPath,
    async [Symbol.asyncDispose]() {
      for (const socket of [...waiting, ...holding]) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
