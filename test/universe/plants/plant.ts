import type { Placed } from "../play/plan.ts";

/** A change of a file of the product. `find` occurs exactly once in it, so that a change of the product that a plant no longer fits is told, and not passed over. */
interface Change {
  /** From the root of the repository. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

/** A bug that is planted: a change of the product's source as it is loaded, which nobody but a universe sees. */
export interface Plant extends Change {
  readonly name: string;
  /** What is wrong then. */
  readonly what: string;
  /** The second change of a bug that a check elsewhere would make up for. */
  readonly also?: Change;
  /** The placement that it is planted in, where another one than the usual has the code run. */
  readonly placed?: Placed;
  /** Whether tracks have to be deleted to have it run. */
  readonly takesDown?: boolean;
}

/** @throws {Error} where the plant does not fit any more. */
export function plantIn(source: string, plant: Plant, { file, find, put }: Change = plant): string {
  const parts = source.split(find);
  if (parts.length !== 2)
    throw new Error(`the plant ${plant.name} finds its place ${parts.length - 1} times in ${file}`);
  return parts.join(put);
}

export function changesOf(plant: Plant): readonly Change[] {
  return plant.also ? [plant, plant.also] : [plant];
}
