import { join } from "node:path";
import { identifyApi } from "@segue/client";
import { type CliConfig, readCliSettings } from "../config.ts";
import { findApi } from "../fleet-api/find-fleet.ts";

/**
 * Where it is noted what a fleet has accepted: a journal for each fleet, as what one has is news to another. Where the fleet does not
 * say who it is, its address stands for it; without any fleet (a dry run) there is one for none.
 *
 * @param api as `--api` has it.
 */
export async function journalOfFleet(config: CliConfig, api: string | undefined): Promise<string> {
  const { dataDir } = readCliSettings(config);
  const url = await findApi(config, api).then(
    (found) => found.url,
    () => undefined,
  );
  if (url === undefined) return join(dataDir, "add.jsonl");
  const identity = await identifyApi(url).catch(() => undefined);
  const name = identity?.fleetId ?? new URL(url).host;
  return join(dataDir, `add-${name.replace(/[^\w.-]/g, "-")}.jsonl`);
}
