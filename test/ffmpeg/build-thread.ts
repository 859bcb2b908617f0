// A thread that decodes with the ffmpeg that its environment names: each thread looks for one once.
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parentPort } from "node:worker_threads";
import { decodeDirectly } from "../hostile/feed/decode-directly.ts";

parentPort?.on("message", async (bytes: Uint8Array) => {
  const dir = await mkdtemp(join(tmpdir(), "segue-build-"));
  try {
    const { outcome } = await decodeDirectly(bytes, dir);
    const pcm = outcome.state === "done" ? await readFile(join(dir, "pcm.wav")) : Buffer.alloc(0);
    parentPort?.postMessage({ outcome, pcmSha256: createHash("sha256").update(pcm).digest("hex") });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
