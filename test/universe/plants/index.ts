import { catalogPlants } from "./catalog.ts";
import { cloudPlants } from "./cloud.ts";
import { deliveryPlants } from "./delivery.ts";
import { fetchPlants } from "./fetch.ts";
import { groupPlants } from "./group.ts";
import type { Plant } from "./plant.ts";
import { takedownPlants } from "./takedowns.ts";

export const plants: readonly Plant[] = [
  ...deliveryPlants,
  ...groupPlants,
  ...cloudPlants,
  ...catalogPlants,
  ...fetchPlants,
  ...takedownPlants,
];

/** @throws {TypeError} naming the plants that there are. */
export function findPlant(name: string): Plant {
  const plant = plants.find((one) => one.name === name);
  if (!plant)
    throw new TypeError(`no plant "${name}"; there are: ${plants.map((one) => one.name).join(", ")}`);
  return plant;
}
