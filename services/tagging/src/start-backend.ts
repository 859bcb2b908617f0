import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { getBackend, ready, setBackend } from "@tensorflow/tfjs-core";
import { type Backend, readBackend } from "./config.ts";
import { startOnGpu } from "./start-on-gpu.ts";

let started: Promise<string> | undefined;

/**
 * Starts TensorFlow.js, once per thread, on what `SEGUE_TENSORFLOW_BACKEND` says.
 *
 * @returns its own name for what it runs on.
 * @throws {Error} where that is not there; nothing else is taken in its place.
 */
export function startBackend(): Promise<string> {
  started ??= start[readBackend()]();
  return started;
}

const start: Readonly<Record<Backend, () => Promise<string>>> = {
  wasm: startOnWasm,
  "node-gpu": startOnGpu,
};

/** The binary is read from the installed package. */
async function startOnWasm(): Promise<string> {
  const require = createRequire(import.meta.url);
  const binary = require.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm");
  setWasmPaths(dirname(binary) + sep);
  if (!(await setBackend("wasm")))
    throw new Error(`TensorFlow.js could not start its WASM backend from ${binary}`);
  await ready();
  return getBackend();
}
