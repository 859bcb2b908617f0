import { join } from "node:path";
import { createLogger } from "@segue/telemetry";
import { readPostgresConfig } from "./postgres/config.ts";
import { startPostgresServer } from "./postgres/start-postgres-server.ts";
import { readOrExit } from "./read-or-exit.ts";
import { serveUsage } from "./usage/serve-usage.ts";

const config = readOrExit("postgres", readPostgresConfig);
const log = createLogger({ service: "postgres", level: config.SEGUE_LOG_LEVEL });
const server = await startPostgresServer({
  host: "127.0.0.1",
  port: config.SEGUE_POSTGRES_PORT,
  password: config.SEGUE_POSTGRES_PASSWORD,
  dataDir: join(config.SEGUE_DATA_DIR, "postgres"),
  onFatal: (error) => {
    log.fatal({ error }, "the database engine died");
    process.exit(1);
  },
  onHeldUp: (held) => log.warn(held, "a client has had the session for long, and others wait for it"),
});
await serveUsage(config.SEGUE_DATA_DIR, "postgres", server.usage);
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void server.close());
process.stdout.write(`${JSON.stringify({ ready: "postgres", port: server.port })}\n`);
