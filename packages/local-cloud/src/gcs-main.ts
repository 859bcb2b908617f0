import { join } from "node:path";
import { createLogger } from "@segue/telemetry";
import { readDoors } from "./doors/doors-file.ts";
import { readGcsConfig } from "./gcs/config.ts";
import { startGcsServer } from "./gcs/start-gcs-server.ts";
import { readOrExit } from "./read-or-exit.ts";
import { serveUsage } from "./usage/serve-usage.ts";

const config = readOrExit("gcs", readGcsConfig);
const log = createLogger({ service: "gcs", level: config.SEGUE_LOG_LEVEL });
const server = await startGcsServer({
  host: "127.0.0.1",
  port: config.SEGUE_GCS_PORT,
  dataDir: join(config.SEGUE_DATA_DIR, "gcs"),
  log,
  ...readDoors(config.SEGUE_DOORS_FILE, "gcs", (access) => log.warn(access, "refused at a door")),
});
await serveUsage(config.SEGUE_DATA_DIR, "gcs", server.usage);
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void server.close());
process.stdout.write(`${JSON.stringify({ ready: "gcs", port: server.port })}\n`);
