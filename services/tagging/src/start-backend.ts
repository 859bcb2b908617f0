import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { getBackend, ready, setBackend } from "@tensorflow/tfjs-core";

let started: Promise<string> | undefined;

/** Starts TensorFlow.js on its WASM backend, once per thread; the binary is read from the installed package. */
export function startBackend(): Promise<string> {
  started ??= start();
  return started;
}

async function start(): Promise<string> {
  const require = createRequire(import.meta.url);
  const binary = require.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm");
  setWasmPaths(dirname(binary) + sep);
  if (!(await setBackend("wasm")))
    throw new Error(`TensorFlow.js could not start its WASM backend from ${binary}`);
  await ready();
  return getBackend();
}
