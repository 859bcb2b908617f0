import { backend, getBackend, ready } from "@tensorflow/tfjs-core";
import { z } from "zod";

/** In images for GPUs alone: its installation downloads hundreds of MB. Not written where it is imported, or a build would look for it. */
const nativePackage = "@tensorflow/tfjs-node-gpu";

/**
 * Starts TensorFlow's own library. Loading the package registers its backend and its kernels: what TensorFlow.js has registered is one
 * table per thread, whichever copy of it asks.
 *
 * @throws {Error} where the package is not installed or its library can't be loaded, and where there is no GPU.
 */
export async function startOnGpu(): Promise<string> {
  try {
    await import(nativePackage);
  } catch (cause) {
    throw new Error(
      `SEGUE_TENSORFLOW_BACKEND=node-gpu: expected ${nativePackage}, as an image for GPUs has it; without it: wasm`,
      { cause },
    );
  }
  await ready();
  refuseCpu(backend());
  return getBackend();
}

const Native = z.object({ isUsingGpuDevice: z.boolean() });

/**
 * TensorFlow computes on CPUs without a word where it finds no GPU, or not the libraries that it was built for: slower than the WASM backend on a
 * node that costs ten times as much.
 *
 * @throws {Error} unless a backend says that it uses a GPU.
 */
export function refuseCpu(started: unknown): void {
  const found = Native.safeParse(started).data?.isUsingGpuDevice;
  if (found === true) return;
  throw new Error(
    "SEGUE_TENSORFLOW_BACKEND=node-gpu: expected a GPU, and CUDA 11.2 and cuDNN 8.1 beside the driver; " +
      (found === false ? "TensorFlow found none" : "the backend that started does not say that it uses one"),
  );
}
