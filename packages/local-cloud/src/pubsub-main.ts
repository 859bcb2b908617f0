// The Pub/Sub server as a process of its own: prints one JSON line when it is ready, closes cleanly on SIGTERM.
import { join } from "node:path";
import { readDoors } from "./doors/doors-file.ts";
import { readPubSubConfig } from "./pubsub/config.ts";
import { startPubSubServer } from "./pubsub/server.ts";
import { readOrExit } from "./read-or-exit.ts";
import { serveUsage } from "./usage/serve-usage.ts";

const config = readOrExit("pubsub", readPubSubConfig);
const log = (fields: object, message: string) =>
  console.error(JSON.stringify({ service: "pubsub", message, ...fields }));
const server = await startPubSubServer({
  host: config.host,
  port: config.port,
  dataDir: join(config.dataDir, "pubsub"),
  log,
  ...readDoors(config.doorsFile, "pubsub", (access) => log(access, "refused at a door")),
});
await serveUsage(config.dataDir, "pubsub", server.usage);
console.log(JSON.stringify({ ready: "pubsub", port: server.port }));

const stop = () => void server.close();
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
