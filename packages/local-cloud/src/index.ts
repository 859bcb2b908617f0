export { type GcsServer, type GcsServerOptions, startGcsServer } from "./gcs/start-gcs-server.ts";
export {
  type PostgresServer,
  type PostgresServerOptions,
  startPostgresServer,
} from "./postgres/start-postgres-server.ts";
export { type PubSubServer, type PubSubServerOptions, startPubSubServer } from "./pubsub/server.ts";
