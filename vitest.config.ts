import { configDefaults, defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What starts fleets and workers, or plays worlds, takes long and waits a lot: begun first, the rest runs beside it. */
class FleetsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const startsFleets = ({ moduleId }: TestSpecification) =>
      /\/test\/(chaos|chain|universe|watch)\/|\/packages\/host\/|\/catalog\/src\/reconcile\//.test(moduleId);
    return [...sorted.filter(startsFleets), ...sorted.filter((file) => !startsFleets(file))];
  }
}

/** Limits only catch hangs: nothing here is held to how fast a machine is, and all of it passes on one twenty times overloaded. */
const hangMs = 600_000;

/**
 * What leaves its process as it was: files of a group share processes and what is loaded in them. Of ingest's 29 files 70 CPU-s instead
 * of 114, of the runner's 24 52 instead of 63. What every step promises is tried under another clock: clients of a cloud that are left in
 * such a process would wait for years.
 */
const groups = {
  together: [
    "packages/{artifacts,audio,chain,child-process,client,contracts,dsp,loopback-guard,queue,synth,telemetry}",
    "services/{bpm-key,downsample,encode,loudness,tagging,waveform}",
  ],
  "over a cloud": ["packages/runner", "services/{catalog,fetch,ingest}"],
};

/** Runs the files whose names end so: `test.ts` with `npm test`, `slow.test.ts` with `npm run test:slow`. */
export function testsNamed(ending: string, exclude: readonly string[]) {
  const endingSo = (folder: string) => `${folder}/**/*.${ending}`;
  const shared = Object.values(groups).flat().map(endingSo);
  const excluded = [...configDefaults.exclude, ...exclude];
  return defineConfig({
    test: {
      testTimeout: hangMs,
      hookTimeout: hangMs,
      expect: { poll: { timeout: hangMs / 2, interval: 50 } },
      // Of two cores' worth of work much is waiting: for leases to end, for processes to start.
      maxWorkers: 3,
      pool: "forks",
      sequence: { sequencer: FleetsFirst },
      projects: [
        ...Object.entries(groups).map(([name, folders]) => ({
          extends: true as const,
          test: { name, include: folders.map(endingSo), exclude: excluded, isolate: false },
        })),
        {
          extends: true,
          test: {
            name: "apart",
            include: ["packages", "services", "examples", "test"].map(endingSo),
            exclude: [...excluded, ...shared],
          },
        },
      ],
    },
  });
}

export default testsNamed("test.ts", ["**/*.slow.test.ts"]);
