// A quarantined process: runs one attempt on a thread of its own, as a worker does, and says over its channel how it
// went. It ends with its worker.
import { loadFleet } from "@segue/step";
import { asThreadFailure, createAsker, type ThreadResult, type ToThread } from "@segue/step/attempt";
import type { FromQuarantine, QuarantineTask, ToQuarantine } from "./quarantine.ts";
import { createStepPool, createStepThreads } from "./step-pool.ts";

const stopping = new AbortController();
const tell = (message: FromQuarantine) => process.send?.(message, undefined, {}, () => {});
const { say, ask } = createAsker(
  {
    postMessage: tell,
    on: (_event, listener) =>
      process.on("message", (message) => {
        if ((message as ToQuarantine).type !== "run") listener(message as ToThread);
      }),
  },
  () => stopping.abort(),
);

process.on("disconnect", () => process.exit());
process.once("message", (message) => {
  void run(message as QuarantineTask).then((result) => tell({ type: "result", result }));
});

async function run({ fleetUrl, step: name, ...task }: QuarantineTask): Promise<ThreadResult> {
  try {
    const step = (await loadFleet(fleetUrl)).chain.step(name);
    const pool = createStepPool(step, { fleetUrl, threads: createStepThreads(1) });
    await pool.warmUp();
    tell({ type: "ready" });
    const result = await pool.run({
      ...task,
      alone: true,
      signal: stopping.signal,
      onSpawn: (pid) => say({ type: "spawned", pid }),
      log: {
        debug: (fields, text) => say({ type: "log", level: "debug", fields, message: text }),
        info: (fields, text) => say({ type: "log", level: "info", fields, message: text }),
        warn: (fields, text) => say({ type: "log", level: "warn", fields, message: text }),
      },
      requests: {
        checkpoint: (state, files) => ask("checkpoint", state, files),
        piece: (index, state, files) => ask("piece", index, state, files),
        fetchInput: (input) => ask("fetchInput", input),
        fetchRange: (input, startByte, endByte) => ask("fetchRange", input, startByte, endByte),
        fetchFile: (file) => ask("fetchFile", file),
      },
    });
    return { ok: true, ...result };
  } catch (thrown) {
    return asThreadFailure(thrown);
  }
}
