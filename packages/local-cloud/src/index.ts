export { type GcsServer, type GcsServerOptions, startGcsServer } from "./gcs/start-gcs-server.ts";
