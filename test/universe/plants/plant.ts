import type { Placed } from "../play/plan.ts";

/**
 * A bug that is planted: a change of the product's source as it is loaded, which nobody but a universe sees. `find` occurs
 * exactly once in the file, so that a change of the product that a plant no longer fits is told, and not passed over.
 */
export interface Plant {
  readonly name: string;
  /** What is wrong then. */
  readonly what: string;
  /** From the root of the repository. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
  /** The placement that it is planted in, where another one than the usual has the code run. */
  readonly placed?: Placed;
}

/** @throws {Error} where the plant does not fit any more. */
export function plantIn(source: string, { name, file, find, put }: Plant): string {
  const parts = source.split(find);
  if (parts.length !== 2)
    throw new Error(`the plant ${name} finds its place ${parts.length - 1} times in ${file}`);
  return parts.join(put);
}
