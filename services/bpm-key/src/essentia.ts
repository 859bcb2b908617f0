import { createRequire } from "node:module";
import { z } from "zod";

/** The parts of essentia.js (AGPL-3.0) that are in use. Synchronous; one per thread; every call frees what it allocates. */
export type Essentia = {
  /**
   * How far beat trackers agree, 0 to 5.32; above about 1.5 they hear the same beat (J. Zapata et al.: Multi-feature beat
   * tracking, IEEE TASLP 22, 2014). Candidates are beat times in seconds, ascending; those with under two beats are left out.
   */
  beatAgreement(candidates: readonly (readonly number[])[]): number;
  /** The key whose profile fits a pitch-class profile best; 12 values from A on, the largest 1. */
  key(pitchClasses: Float32Array): EssentiaKey;
  /** Bytes that the WASM heap holds now. It never shrinks; above the bound the module is loaded anew before the next call. */
  heapBytes(): number;
};

const EssentiaKey = z.object({
  key: z.enum(["A", "Bb", "B", "C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab"]),
  scale: z.enum(["major", "minor"]),
  strength: z.number(),
});
export type EssentiaKey = z.infer<typeof EssentiaKey>;

/** C++ objects live outside the garbage collector. */
type Handle = { delete(): void };
type VectorOfVectors = Handle & { push_back(vector: Handle): void };
type Algorithms = Handle & {
  TempoTapMaxAgreement(candidates: VectorOfVectors): { ticks: Handle; confidence: number };
  Key(
    pcp: Handle,
    numHarmonics: number,
    pcpSize: number,
    profileType: string,
    slope: number,
    useMajMin: boolean,
    usePolyphony: boolean,
    useThreeChords: boolean,
  ): unknown;
};
type Module = {
  EssentiaJS: new (debug: boolean) => Algorithms;
  VectorVectorFloat: new () => VectorOfVectors;
  arrayToVector(values: Float32Array): Handle;
  HEAPU8: Uint8Array;
};

/**
 * Measured on 56 annotated clips with this package's chroma, in clips with the exact key: bgate 45, braw 44, shaath 43,
 * krumhansl 44, edma 40, temperley 31.
 */
const keyProfile = "bgate";
const moduleName = "essentia.js/dist/essentia-wasm.umd.js";
const require = createRequire(import.meta.url);

/** Loads nothing before the first call. @param maxHeapBytes the heap it starts with is 16 MiB. */
export function createEssentia({ maxHeapBytes = 64 * 2 ** 20 } = {}): Essentia {
  let loaded: { module: Module; algorithms: Algorithms } | null = null;
  function use<Result>(
    work: (algorithms: Algorithms, module: Module, own: <H extends Handle>(handle: H) => H) => Result,
  ): Result {
    if (loaded && loaded.module.HEAPU8.byteLength > maxHeapBytes) {
      loaded = null;
      delete require.cache[require.resolve(moduleName)];
    }
    loaded ??= loadModule();
    const handles: Handle[] = [];
    const own = <H extends Handle>(handle: H): H => {
      handles.push(handle);
      return handle;
    };
    try {
      return work(loaded.algorithms, loaded.module, own);
    } catch (thrown) {
      throw toError(thrown);
    } finally {
      for (const handle of handles.reverse()) handle.delete();
    }
  }
  return {
    heapBytes: () => loaded?.module.HEAPU8.byteLength ?? 0,
    beatAgreement: (candidates) =>
      use((algorithms, module, own) => {
        const usable = candidates.filter((beats) => beats.length >= 2);
        if (usable.length < 2) return 0;
        const vectors = own(new module.VectorVectorFloat());
        for (const beats of usable) vectors.push_back(own(module.arrayToVector(Float32Array.from(beats))));
        const { ticks, confidence } = algorithms.TempoTapMaxAgreement(vectors);
        own(ticks);
        return Math.max(0, confidence);
      }),
    key: (pitchClasses) =>
      use((algorithms, module, own) => {
        if (pitchClasses.length !== 12) {
          throw new RangeError(`expected 12 pitch classes, got ${pitchClasses.length}`);
        }
        const pcp = own(module.arrayToVector(pitchClasses));
        return EssentiaKey.parse(algorithms.Key(pcp, 4, 12, keyProfile, 0.6, false, false, false));
      }),
  };
}

let shared: Essentia | null = null;
/** The one of this thread. */
export function essentia(): Essentia {
  shared ??= createEssentia();
  return shared;
}

/** Loading takes about 90 ms and 30 MiB. */
function loadModule(): { module: Module; algorithms: Algorithms } {
  const module = withoutNewHandlers((): unknown => require(moduleName));
  if (!isModule(module)) throw new Error(`${moduleName} is not the module that was expected (version 0.1.3)`);
  return { module, algorithms: new module.EssentiaJS(false) };
}

/** Emscripten installs handlers that end the process on any exception or rejection: they are taken off again. */
function withoutNewHandlers<Result>(load: () => Result): Result {
  const forExceptions = process.listeners("uncaughtException");
  const forRejections = process.listeners("unhandledRejection");
  const result = load();
  for (const listener of process.listeners("uncaughtException")) {
    if (!forExceptions.includes(listener)) process.off("uncaughtException", listener);
  }
  for (const listener of process.listeners("unhandledRejection")) {
    if (!forRejections.includes(listener)) process.off("unhandledRejection", listener);
  }
  return result;
}

function isModule(module: unknown): module is Module {
  return (
    typeof module === "object" &&
    module !== null &&
    "EssentiaJS" in module &&
    "VectorVectorFloat" in module &&
    "arrayToVector" in module &&
    "HEAPU8" in module
  );
}

/** C++ exceptions surface as bare numbers: addresses of exception objects. */
function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(
    `essentia.js threw ${typeof thrown === "number" ? `the C++ exception at ${thrown}` : String(thrown)}`,
    {
      cause: thrown,
    },
  );
}
