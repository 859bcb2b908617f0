import { z } from "zod";

export const backends = ["wasm", "node-gpu"] as const;
/** What TensorFlow.js computes with: WebAssembly, on any CPU, or TensorFlow's own library, on a GPU. */
export type Backend = (typeof backends)[number];

export const environment = z
  .object({
    SEGUE_TENSORFLOW_BACKEND: z
      .enum(backends, { error: `expected ${backends.join(" or ")}` })
      .default("wasm")
      .describe(
        "What models run on: `wasm`, or `node-gpu`, which an image for GPUs has and says. Without a GPU the latter refuses to start",
      ),
  })
  .describe("services that tag");

/** @throws {Error} naming the variable, its value and what was expected. */
export function readBackend(env: NodeJS.ProcessEnv = process.env): Backend {
  const value = env.SEGUE_TENSORFLOW_BACKEND?.trim();
  const parsed = environment.safeParse(value ? { SEGUE_TENSORFLOW_BACKEND: value } : {});
  if (parsed.success) return parsed.data.SEGUE_TENSORFLOW_BACKEND;
  throw new Error(`SEGUE_TENSORFLOW_BACKEND is "${value}": ${parsed.error.issues[0]?.message}`);
}
