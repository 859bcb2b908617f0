import { backend } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { readBackend } from "./config.ts";
import { startBackend } from "./start-backend.ts";
import { refuseCpu, startOnGpu } from "./start-on-gpu.ts";

describe("which backend", () => {
  test("it is WASM unless the environment says otherwise", () => {
    expect(readBackend({})).toBe("wasm");
    expect(readBackend({ SEGUE_TENSORFLOW_BACKEND: " " })).toBe("wasm");
    expect(readBackend({ SEGUE_TENSORFLOW_BACKEND: "node-gpu" })).toBe("node-gpu");
  });

  test("another one is refused, in words", () => {
    expect(() => readBackend({ SEGUE_TENSORFLOW_BACKEND: "cuda" })).toThrow(
      'SEGUE_TENSORFLOW_BACKEND is "cuda": expected wasm or node-gpu',
    );
  });
});

describe("a GPU that was asked for", () => {
  beforeAll(() => startBackend());

  test("without the package it says what is missing, and nothing starts in its place", async () => {
    await expect(startOnGpu()).rejects.toThrow(/expected @tensorflow\/tfjs-node-gpu.*without it: wasm/);
  });

  test("a backend on CPUs is refused: the one that started here, and TensorFlow's own without a GPU", () => {
    expect(() => refuseCpu(backend())).toThrow("does not say that it uses one");
    expect(() => refuseCpu({ isUsingGpuDevice: false })).toThrow("TensorFlow found none");
    expect(() => refuseCpu({ isUsingGpuDevice: true })).not.toThrow();
  });
});
