import { once } from "node:events";
import { connect } from "node:net";
import type { Priority } from "@segue/contracts";
import type { CpuSlots } from "@segue/runner";

/** What a connection asks for a slot with. */
export const slotRequest: Readonly<Record<Priority, string>> = { live: "l", backfill: "b" };

/** For a process that has its CPUs to itself, as a pod has. */
export const unlimitedSlots: CpuSlots = {
  acquire: async () => ({ [Symbol.dispose]() {} }),
};

/**
 * Slots shared by the workers of one machine, so that each attempt under way has a core and its budget means what it
 * says. Handed out over a local socket: a connection says how urgent it is in one byte, waits, gets one byte when it is its
 * turn, and gives the slot back by closing, which also a killed worker does.
 */
export function createSharedSlots(socketPath: string): CpuSlots {
  return {
    async acquire(signal, priority) {
      signal.throwIfAborted();
      const socket = connect(socketPath);
      const stop = () => socket.destroy();
      signal.addEventListener("abort", stop, { once: true });
      socket.on("error", () => {});
      socket.write(slotRequest[priority]);
      try {
        await Promise.race([
          once(socket, "data"),
          once(socket, "close").then(() => {
            signal.throwIfAborted();
            throw new Error(`${socketPath}: expected leave to compute, the connection was closed`);
          }),
        ]);
      } catch (error) {
        socket.destroy();
        throw error;
      } finally {
        signal.removeEventListener("abort", stop);
      }
      return { [Symbol.dispose]: () => void socket.destroy() };
    },
  };
}
