import type { CliConfig } from "../config.ts";
import { checkApi, findLocalFleet } from "./find-fleet.ts";

/** What says where a cloud is. One of them is enough to mean it. */
const cloudVariables = ["GOOGLE_CLOUD_PROJECT", "PUBSUB_EMULATOR_HOST", "SEGUE_GCS_ENDPOINT"] as const;

/**
 * The environment of those who work on a fleet's queue and storage themselves: the one that is given where it names a cloud, else
 * that of the fleet which runs on the data folder.
 *
 * @throws {NoFleet} where neither is there: the clients' own default would be somebody else's project. {ConfigError}
 */
export async function findCloudEnvironment(config: CliConfig): Promise<NodeJS.ProcessEnv> {
  if (cloudVariables.some((name) => config.env[name])) return config.env;
  const { fleet, folder } = await findLocalFleet(config, `name a cloud by ${cloudVariables.join(", ")}`);
  await checkApi({ url: fleet.apiUrl, by: folder, fleetId: fleet.fleetId });
  return { ...config.env, ...fleet.cloud };
}
