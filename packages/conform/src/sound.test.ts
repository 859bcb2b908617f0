import { conformStep } from "./conform-step.ts";
import { sound } from "./fixtures/sound.step.ts";
import { soundConformance } from "./fixtures/sound-samples.ts";

conformStep(sound, soundConformance);
