import { rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { slotRequest } from "@segue/host/cpu-slots";

/** Hands out a machine's CPU slots to the workers on it (see `createSharedSlots`). */
export interface SlotServer extends AsyncDisposable {
  readonly socketPath: string;
}

/**
 * What is live comes first; among equals, whoever came first.
 *
 * @param slots how many attempts may compute at once: as many as there are cores.
 */
export async function startSlotServer(socketPath: string, slots: number): Promise<SlotServer> {
  await rm(socketPath, { force: true });
  const live = new Set<Socket>();
  const backfill = new Set<Socket>();
  const holding = new Set<Socket>();
  const grant = () => {
    for (const waiting of [live, backfill]) {
      for (const socket of waiting) {
        if (holding.size >= slots) return;
        waiting.delete(socket);
        holding.add(socket);
        socket.write("1");
      }
    }
  };
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("close", () => {
      for (const sockets of [live, backfill, holding]) sockets.delete(socket);
      grant();
    });
    socket.once("data", (request) => {
      (request.toString() === slotRequest.backfill ? backfill : live).add(socket);
      grant();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  return {
    socketPath,
    async [Symbol.asyncDispose]() {
      for (const socket of [...live, ...backfill, ...holding]) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
