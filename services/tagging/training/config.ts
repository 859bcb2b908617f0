import { z } from "zod";

export const environment = z
  .object({
    SEGUE_MUSICNN_DIR: z
      .string()
      .optional()
      .describe("Folder with `MTT_musicnn.h5` and `labels.json`, to convert; its test is skipped without it"),
  })
  .describe("tests and tools");

/** Where material lies that is not part of this repository. */
export type TrainingConfig = {
  /** A folder with `MTT_musicnn.h5` and `labels.json`; undefined where there is none. */
  musicnnDirectory: string | undefined;
};

export function readTrainingConfig(env: NodeJS.ProcessEnv = process.env): TrainingConfig {
  return { musicnnDirectory: environment.parse(env).SEGUE_MUSICNN_DIR || undefined };
}
