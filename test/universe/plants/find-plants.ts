import type { Options } from "../options.ts";
import { type Elsewhere, openElsewhere, type Told } from "../play/play-in-workers.ts";
import { writeSeeds } from "../read-seeds.ts";
import { plants } from "./index.ts";
import type { Plant } from "./plant.ts";

/** A planted bug, and the seed that found it; undefined where none of them did. */
export interface Found {
  readonly plant: Plant;
  readonly by: Told | undefined;
  readonly seeds: number;
}

/** Plays seeds with a bug planted, until one breaks a law. */
export async function findOne(
  elsewhere: Elsewhere,
  plant: Plant,
  seeds: string,
  hours: number,
): Promise<Found> {
  let by: Told | undefined;
  let played = 0;
  await elsewhere.play(
    [
      "--seeds",
      seeds,
      "--hours",
      String(hours),
      "--placed",
      plant.placed ?? "default",
      "--plant",
      plant.name,
      ...(plant.takesDown ? ["--takedowns"] : []),
    ],
    (told) => {
      played += 1;
      if (told.breach) by ??= told;
    },
  );
  return { plant, by, seeds: played };
}

/** Plants each bug in a universe of its own. @returns 1 where one of them stays hidden. */
export async function findPlants({ seeds: asked, hours, workers }: Options): Promise<number> {
  const open = [...plants];
  const elsewhere = await openElsewhere();
  let hidden = 0;
  const work = async () => {
    for (let plant = open.shift(); plant; plant = open.shift()) {
      const { by, seeds } = await findOne(elsewhere, plant, writeSeeds(asked), hours);
      if (!by) hidden += 1;
      const end = by
        ? `found by seed ${by.seed} (${seeds} tried): ${by.breach?.message}`
        : `NOT FOUND by ${seeds} seeds`;
      console.log(`${plant.name}: ${end}`);
    }
  };
  await Promise.all(Array.from({ length: workers }, work)).finally(() => elsewhere[Symbol.asyncDispose]());
  console.log(`${plants.length} bugs planted, ${plants.length - hidden} found`);
  return hidden > 0 ? 1 : 0;
}
