import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { transferFlags } from "@segue/host/node-flags";
import { findFreePort } from "@segue/local-cloud/free-port";
import { postgresUrl } from "@segue/local-cloud/postgres-url";
import type { DataFolder } from "./data-folder.ts";
import type { ProcessSpec } from "./managed-process.ts";
import { cloudPings } from "./ping-cloud.ts";
import type { Supervisor } from "./supervisor.ts";

/** Where services find the local cloud: the same variables that name a real one. */
export type CloudEnv = Record<
  "GOOGLE_CLOUD_PROJECT" | "PUBSUB_EMULATOR_HOST" | "SEGUE_GCS_ENDPOINT" | "DATABASE_URL",
  string
>;

/** The local cloud's processes: what each needs to be told, and what services are told of it. */
export const cloudParts = [
  {
    name: "pubsub",
    portVariable: "SEGUE_PUBSUB_PORT",
    variable: "PUBSUB_EMULATOR_HOST",
    address: (port: number) => `127.0.0.1:${port}`,
  },
  {
    name: "gcs",
    portVariable: "SEGUE_GCS_PORT",
    variable: "SEGUE_GCS_ENDPOINT",
    address: (port: number) => `http://127.0.0.1:${port}`,
  },
  {
    name: "postgres",
    portVariable: "SEGUE_POSTGRES_PORT",
    variable: "DATABASE_URL",
    address: (port: number, password: string) => postgresUrl("127.0.0.1", port, password),
  },
] as const;

const localCloudFile = (name: string) =>
  fileURLToPath(new URL(`./${name}-main.ts`, import.meta.resolve("@segue/local-cloud")));

/** The project that a fleet's topics are named for. @param given the fleet's environment. */
export function projectOf(given: Readonly<Record<string, string>>): string {
  return given.GOOGLE_CLOUD_PROJECT ?? "segue-local";
}

/** Starts those parts that are not given, and tells where all of them are. @param doorsFile what the servers are told of their doors. */
export async function startLocalCloud(
  supervisor: Supervisor,
  folder: DataFolder,
  given: Readonly<Record<string, string>>,
  doorsFile: string | undefined,
): Promise<CloudEnv> {
  const cloud: CloudEnv = {
    GOOGLE_CLOUD_PROJECT: projectOf(given),
    PUBSUB_EMULATOR_HOST: given.PUBSUB_EMULATOR_HOST ?? "",
    SEGUE_GCS_ENDPOINT: given.SEGUE_GCS_ENDPOINT ?? "",
    DATABASE_URL: given.DATABASE_URL ?? "",
  };
  const specs: ProcessSpec[] = [];
  for (const { name, portVariable, variable, address } of cloudParts) {
    if (cloud[variable]) continue;
    // The port is chosen here: a process that is started again must be where the others know it.
    const port = await findFreePort();
    const password = randomUUID();
    cloud[variable] = address(port, password);
    const env = {
      SEGUE_DATA_DIR: folder.path,
      [portVariable]: String(port),
      SEGUE_DOORS_FILE: doorsFile ?? "",
      ...(name === "postgres" ? { SEGUE_POSTGRES_PASSWORD: password } : {}),
    };
    const ping = cloudPings[name](cloud[variable]);
    const nodeFlags = name === "gcs" ? transferFlags : [];
    specs.push({ name, service: name, nodeFlags, args: [localCloudFile(name)], env, ping });
  }
  await supervisor.startAll(specs, "cloud");
  return cloud;
}
