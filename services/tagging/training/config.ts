/** Where material lies that is not part of this repository. */
export type TrainingConfig = {
  /** A folder with `MTT_musicnn.h5` and `labels.json`; undefined where there is none. */
  musicnnDirectory: string | undefined;
};

export function readTrainingConfig(env: NodeJS.ProcessEnv = process.env): TrainingConfig {
  return { musicnnDirectory: env.SEGUE_MUSICNN_DIR || undefined };
}
