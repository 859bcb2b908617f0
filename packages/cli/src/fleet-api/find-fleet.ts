import { relative } from "node:path";
import { identifyApi } from "@segue/client";
import { type AnnouncedFleet, findAnnouncedFleet } from "@segue/launcher/running-fleet";
import { type CliConfig, readCliSettings } from "../config.ts";

/** No fleet is named and none runs here, or what answers is another one. The message says what to do. */
export class NoFleet extends Error {
  override readonly name = "NoFleet";
}

/** Which API a command asks, and how it came to be that one. */
export interface FoundApi {
  readonly url: string;
  /** What names it: `--api`, a variable, or the folder. */
  readonly by: string;
  /** Of the one that it has to be; undefined where anything that is a Segue will do. */
  readonly fleetId: string | undefined;
}

/**
 * The API to ask: the one that was given, else that of `SEGUE_API`, else that of the fleet that runs on the data folder.
 * Never a guess: what listens on a well-known port may be somebody else's.
 *
 * @throws {NoFleet} {ConfigError}
 */
export async function findApi(config: CliConfig, given: string | undefined): Promise<FoundApi> {
  if (given !== undefined) return { url: given, by: "--api", fleetId: undefined };
  const { apiUrl, fleetId } = readCliSettings(config);
  if (apiUrl !== undefined) return { url: apiUrl, by: "SEGUE_API", fleetId };
  const { fleet, folder } = await findLocalFleet(config);
  return { url: fleet.apiUrl, by: folder, fleetId: fleet.fleetId };
}

/**
 * The fleet that says to run on the data folder, which is named as the user knows it.
 *
 * @param otherwise what else the user can do where there is none.
 * @throws {NoFleet}
 */
export async function findLocalFleet(
  config: CliConfig,
  otherwise = "name one with --api URL or SEGUE_API",
): Promise<{ readonly fleet: AnnouncedFleet; readonly folder: string }> {
  const { dataDir } = readCliSettings(config);
  const folder = relative(config.cwd, dataDir) || ".";
  const fleet = await findAnnouncedFleet(dataDir);
  if (fleet) return { fleet, folder };
  throw new NoFleet(
    `No fleet is named, and none runs on ${dataDir}: start one here (segue up), or ${otherwise}`,
  );
}

/** Asks what answers there who it is. @throws {NoFleet} if it is none, or not the one it has to be; errors of the connection. */
export async function checkApi({ url, by, fleetId }: FoundApi): Promise<void> {
  const identity = await identifyApi(url);
  if (identity === undefined)
    throw new NoFleet(
      `What answers at ${url} (named by ${by}) is no Segue: name the fleet's API with --api URL`,
    );
  if (fleetId !== undefined && identity.fleetId !== fleetId)
    throw new NoFleet(
      `What answers at ${url} is another fleet than the one of ${by}, which has ended or moved: start it again (segue up), ` +
        "or name a fleet with --api URL",
    );
}
