import { Worker } from "node:worker_threads";

/** Watches this process's resident memory from another thread, so that work which blocks this one is seen too. */
export interface MemoryWatch extends AsyncDisposable {
  /** Begins anew: the peak is then that since here. */
  reset(): void;
  /** Bytes. */
  peak(): number;
}

const everyMs = 5;

// The thread writes KiB, which fit 32 bits up to 2 TiB; the first read comes at once.
const source = `
const { workerData } = require("node:worker_threads");
const peak = new Int32Array(workerData);
setInterval(() => {
  const kib = Math.round(process.memoryUsage.rss() / 1024);
  if (kib > Atomics.load(peak, 0)) Atomics.store(peak, 0, kib);
}, ${everyMs});
`;

export function watchMemory(): MemoryWatch {
  const shared = new SharedArrayBuffer(4);
  const peak = new Int32Array(shared);
  const worker = new Worker(source, { eval: true, workerData: shared });
  worker.unref();
  const now = () => Math.round(process.memoryUsage.rss() / 1024);
  return {
    reset: () => void Atomics.store(peak, 0, now()),
    peak: () => Math.max(Atomics.load(peak, 0), now()) * 1024,
    [Symbol.asyncDispose]: async () => void (await worker.terminate()),
  };
}
