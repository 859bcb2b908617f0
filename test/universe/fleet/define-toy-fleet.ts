import { defineFleet } from "@segue/step";
import { defineToySteps, type Versions } from "./steps.ts";

/** Where the toy steps live: what is small together, and the long ones by themselves. */
export function defineToyFleet(versions: Versions) {
  const { grindStep, paintStep, weighStep, labelStep, walkStep, tileStep, cleaveStep, polishStep } =
    defineToySteps(versions);
  return defineFleet({
    mill: [grindStep],
    press: [paintStep, weighStep, labelStep, polishStep],
    road: [walkStep, tileStep, cleaveStep],
  });
}
