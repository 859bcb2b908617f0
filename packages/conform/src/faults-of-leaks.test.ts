// Steps with one fault each, and what is said of them: of what they leave open, and of memory.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { StepContext } from "@segue/step";
import { expect, onTestFinished, test } from "vitest";
import { keepsToItsMemory } from "./checks/keeps-to-its-memory.ts";
import { leavesNothingOpen } from "./checks/leaves-nothing-open.ts";
import { facts, findFault } from "./fixtures/find-fault.ts";
import type { sound } from "./fixtures/sound.step.ts";

type Run = typeof sound.run;
const speak = ({ outputPath }: Pick<StepContext, "outputPath">, words = "words") =>
  writeFile(outputPath, words);

/** A step that does something, and then returns what it always does. */
const doing =
  (work: (context: StepContext) => unknown): Run =>
  async (_inputs, _work, context) => {
    await work(context);
    await speak(context);
    return facts;
  };

const ends: (() => unknown)[] = [];
test.each<[string, (context: StepContext) => unknown, string]>([
  [
    "a timer",
    () =>
      ends.push(
        clearInterval.bind(
          null,
          setInterval(() => {}, 60_000),
        ),
      ),
    "a timer, opened",
  ],
  [
    "a timer that lets the process end",
    () => {
      const timer = setInterval(() => {}, 60_000).unref();
      ends.push(() => clearInterval(timer));
    },
    "a timer, opened",
  ],
  [
    "a timer where it is told to stop",
    ({ signal, log }) => {
      const timer = setTimeout(() => {}, 60_000);
      ends.push(() => clearTimeout(timer));
      log.info({}, "begun");
      signal.throwIfAborted();
      clearTimeout(timer);
    },
    "told to stop at its log: a timer, opened",
  ],
  [
    "a worker thread",
    async () => {
      const worker = new Worker("setInterval(() => {}, 60_000)", { eval: true });
      ends.push(() => worker.terminate());
      await once(worker, "online");
    },
    "opened at",
  ],
  [
    "a server",
    async () => {
      const server = createServer().listen(0, "127.0.0.1");
      ends.push(() => server.close());
      await once(server, "listening");
    },
    "a server, opened",
  ],
  [
    "a file",
    async () => {
      const file = await open(new URL(import.meta.url));
      ends.push(() => file.close());
    },
    "is open",
  ],
  [
    "a child process",
    ({ onSpawn }) => {
      const child = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
      ends.push(() => child.kill("SIGKILL"));
      if (child.pid) onSpawn(child.pid);
    },
    "a child process, opened",
  ],
])("%s outlives the attempt", async (_, leak, says) => {
  onTestFinished(async () => {
    for (const end of ends.splice(0)) await end();
  });
  expect(await findFault(leavesNothingOpen, { run: doing(leak) })).toContain(says);
});

test("tensors outlive the attempt", async () => {
  // TensorFlow.js is the tagging service's.
  const service = new URL("../../../services/tagging/", import.meta.url);
  const { startBackend } = await import(new URL("src/start-backend.ts", service).href);
  // Loaded and not ready, as beside another step's test in one process.
  expect(await findFault(leavesNothingOpen, { run: doing(() => {}) })).toBeUndefined();
  await startBackend();
  const tf: { tensor1d(values: number[]): { dispose(): void } } = createRequire(
    new URL("package.json", service),
  )("@tensorflow/tfjs-core");
  const tensors: { dispose(): void }[] = [];
  const run = doing(() => void tensors.push(tf.tensor1d([1, 2, 3])));
  expect(await findFault(leavesNothingOpen, { run })).toMatch(/\d+ tensors are not disposed of/);
  const tidy = doing(() => tf.tensor1d([1, 2, 3]).dispose());
  expect(await findFault(leavesNothingOpen, { run: tidy })).toBeUndefined();
});

test("more memory than its budget, and something of every track for good", async () => {
  const hoard: Uint8Array[] = [];
  const grows = doing(() => void new Uint8Array(40 * 2 ** 20).fill(1));
  expect(
    await findFault(keepsToItsMemory, { run: grows, budget: { timeMs: 1_000, memoryMiB: 8 } }),
  ).toContain("its budget is 8 MiB");
  const keeps = doing(async () => {
    hoard.push(new Uint8Array(256 * 1024).fill(1));
    await delay(1);
  });
  expect(await findFault(keepsToItsMemory, { run: keeps })).toContain("that nothing frees");
});
