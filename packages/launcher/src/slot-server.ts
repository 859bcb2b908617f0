import { rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { slotRequest } from "@segue/host/cpu-slots";
import { createOwnSlots } from "@segue/host/own-slots";

/** Hands out a machine's CPU slots to the workers on it (see `createSharedSlots`). */
export interface SlotServer extends AsyncDisposable {
  readonly socketPath: string;
}

/** @param count how many attempts may compute at once: as many as there are cores. */
export async function startSlotServer(socketPath: string, count: number): Promise<SlotServer> {
  await rm(socketPath, { force: true });
  const slots = createOwnSlots(count);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const gone = new AbortController();
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      gone.abort();
    });
    socket.once("data", (request) => {
      const priority = request.toString() === slotRequest.backfill ? "backfill" : "live";
      slots.acquire(gone.signal, priority).then(
        (slot) => holdFor(socket, gone.signal, slot),
        // It went while it waited.
        () => {},
      );
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  return {
    socketPath,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A slot is whoever's connection got it, until that is gone. */
function holdFor(socket: Socket, gone: AbortSignal, slot: Disposable): void {
  const giveBack = () => slot[Symbol.dispose]();
  if (gone.aborted) giveBack();
  else {
    gone.addEventListener("abort", giveBack, { once: true });
    socket.write("1");
  }
}
