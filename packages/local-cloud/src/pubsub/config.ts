import { readEnv, sharedVariables } from "@segue/telemetry";
import { z } from "zod";
import { doorsFile } from "../doors/variable.ts";

export const environment = z
  .object({
    SEGUE_PUBSUB_HOST: z
      .string()
      .default("127.0.0.1")
      .describe("Address at which the local cloud's Pub/Sub listens"),
    SEGUE_PUBSUB_PORT: z.coerce
      .number({ error: "expected a port number" })
      .int()
      .min(0)
      .max(65_535)
      .default(8085)
      .describe("Port of the local cloud's Pub/Sub; 0 takes any free one, which the ready line tells"),
    SEGUE_DATA_DIR: sharedVariables.dataDir,
    SEGUE_DOORS_FILE: doorsFile,
  })
  .describe("the local cloud's Pub/Sub");

/** Where the Pub/Sub process listens and keeps its messages (a `pubsub` folder inside the data folder). */
export type PubSubConfig = {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly doorsFile: string | undefined;
};

/** @throws {ConfigError} naming each variable that is wrong. */
export function readPubSubConfig(env: NodeJS.ProcessEnv = process.env): PubSubConfig {
  const parsed = readEnv(environment, env);
  return Object.freeze({
    host: parsed.SEGUE_PUBSUB_HOST,
    port: parsed.SEGUE_PUBSUB_PORT,
    dataDir: parsed.SEGUE_DATA_DIR,
    doorsFile: parsed.SEGUE_DOORS_FILE,
  });
}
