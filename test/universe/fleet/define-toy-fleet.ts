import { defineFleet } from "@segue/step";
import { defineToySteps, type Versions } from "./steps.ts";

/** The one service of the placement in which all steps live together. */
export const togetherService = "works";

/** Where the toy steps live: what is small together, and the long ones by themselves. */
export function defineToyFleet(versions: Versions) {
  const { grindStep, paintStep, weighStep, labelStep, walkStep, tileStep, cleaveStep, polishStep } =
    defineToySteps(versions);
  const mill = [grindStep];
  const press = [paintStep, weighStep, labelStep, polishStep];
  const road = [walkStep, tileStep, cleaveStep];
  return defineFleet({ mill, press, road }, { economy: { [togetherService]: ["mill", "press", "road"] } });
}
