import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Outcome } from "../hostile/corpus/hostile-file.ts";
import type { Build } from "./find-builds.ts";

export interface DecodedByBuild {
  readonly build: Build;
  readonly outcome: Outcome;
  readonly pcmSha256: string;
}

export interface BuildDecoders extends AsyncDisposable {
  /** What each build makes of the same bytes, in the order of the builds. */
  decode(bytes: Uint8Array): Promise<readonly DecodedByBuild[]>;
}

/** A thread for each build, which decodes with that build alone. */
export function openBuildDecoders(builds: readonly Build[]): BuildDecoders {
  const threads = builds.map((build) => {
    const env = { ...process.env, FFMPEG_BIN: build.path };
    return { build, worker: new Worker(new URL("./build-thread.ts", import.meta.url), { env }) };
  });
  return {
    decode: (bytes) =>
      Promise.all(
        threads.map(async ({ build, worker }) => {
          const answer = once(worker, "message");
          worker.postMessage(bytes);
          const [decoded]: Omit<DecodedByBuild, "build">[] = await answer;
          if (!decoded) throw new Error(`${build.name} gave no answer`);
          return { build, ...decoded };
        }),
      ),
    async [Symbol.asyncDispose]() {
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}
