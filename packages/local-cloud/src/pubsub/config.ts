import { z } from "zod";

const Env = z.object({
  SEGUE_PUBSUB_HOST: z.string().default("127.0.0.1"),
  SEGUE_PUBSUB_PORT: z.coerce.number("a port number, 0 to 65535").int().min(0).max(65_535).default(8085),
  SEGUE_DATA_DIR: z.string().min(1).default(".segue"),
});

/** Where the Pub/Sub process listens and keeps its messages (a `pubsub` folder inside the data folder). */
export type PubSubConfig = { readonly host: string; readonly port: number; readonly dataDir: string };

/** Reads the configuration; throws with the variable, the value and the expected form. */
export function readPubSubConfig(env: NodeJS.ProcessEnv = process.env): PubSubConfig {
  const parsed = Env.safeParse(env);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(
      ({ path, message }) =>
        `${String(path[0])}=${JSON.stringify(env[String(path[0])])}: expected ${message}`,
    );
    throw new Error(lines.join("\n"));
  }
  return Object.freeze({
    host: parsed.data.SEGUE_PUBSUB_HOST,
    port: parsed.data.SEGUE_PUBSUB_PORT,
    dataDir: parsed.data.SEGUE_DATA_DIR,
  });
}
