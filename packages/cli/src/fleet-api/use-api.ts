import { type ApiClient, ApiRefusal, createApiClient } from "@segue/client";
import { TrackId, type TrackResource } from "@segue/contracts";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { commandExitCodes } from "../command-exit-codes.ts";
import { readCliSettings } from "../config.ts";
import { checkApi, type FoundApi, findApi, NoFleet } from "./find-fleet.ts";

/** What a command was asked about is not there: it ends with these words. */
export class NotThere extends Error {
  override readonly name = "NotThere";
}

/**
 * Runs a command's work over the API of the fleet that is meant (see `findApi`), says what went wrong, and sets the exit code.
 * What answers is asked first who it is.
 *
 * @param given as `--api` has it; undefined where it was left out.
 */
export async function useApi(
  context: CommandContext,
  given: string | undefined,
  work: (api: ApiClient) => Promise<void>,
): Promise<void> {
  const fail = (words: string, code: number) => {
    context.stderr.write(`${words}\n`);
    context.onExitCode(code);
  };
  let found: FoundApi;
  try {
    found = await findApi(context.config, given);
  } catch (error) {
    return fail(wordsOf(error), commandExitCodes.unreachable);
  }
  const api = createApiClient(found.url, { apiKey: readCliSettings(context.config).apiKey });
  try {
    await checkApi(found);
    await work(api);
  } catch (error) {
    if (error instanceof NoFleet) fail(error.message, commandExitCodes.unreachable);
    else if (
      error instanceof NotThere ||
      (error instanceof ApiRefusal && [400, 403, 409, 410, 451].includes(error.status))
    )
      fail(error.message, commandExitCodes.failed);
    else
      fail(
        `The API at ${found.url} (named by ${found.by}) can't be used: ${wordsOf(error)}`,
        commandExitCodes.unreachable,
      );
  } finally {
    await api[Symbol.asyncDispose]();
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

/** @throws {NotThere} */
export async function readTrack(api: ApiClient, id: string): Promise<TrackResource> {
  const track = await api.readTrack(id);
  if (!track) throw new NotThere(`no track ${id}`);
  return track;
}

/** @throws {CommanderError} if an id is none. */
export function checkTrackId(command: Command, id: string): void {
  if (!TrackId.safeParse(id).success)
    command.error(`error: expected a track id (UUID version 7), got "${id}"`);
}
