import { Command, InvalidArgumentError, Option } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption } from "../fleet-api/api-options.ts";
import { addFilters, type FilterFlags, filtersOf } from "./filter-options.ts";

interface Flags extends FilterFlags {
  readonly api?: string;
  readonly json: boolean;
  readonly minutes: number;
  readonly seed?: string;
  readonly course?: string;
  readonly variant: number;
  readonly audio?: string;
  readonly format?: "m3u8" | "jspf";
}

const codes = exitCodesText({
  ...apiCodes,
  failed: "the API does not know the track, or a fact of that name",
});

/** `segue playlist`: tracks in an order in which they follow one another smoothly. */
export function createPlaylistCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue playlist --minutes 90 --course 118..126 --harmonic": "tempo rises, and keys go together",
    "segue playlist --seed ID --tags house:0.5 --format m3u8 > set.m3u8": "from a track, for a player",
  });
  const command = new Command("playlist")
    .summary("make a playlist of a running fleet's tracks, from one of them or a wish")
    .description(
      "Puts tracks that are as it is asked for in an order that is smooth in tempo, key, loudness and energy.\n" +
        "Nothing is kept of it: the same question, over the same tracks, has the same answer.",
    );
  return addFilters(command, {
    octaves: "half and double of a tempo are the same tempo",
    harmonic: "each track's key goes with that of the one before",
  })
    .option("--seed <id>", "the track that it begins with")
    .option("--minutes <number>", "how long it is to be", parseNumber, 60)
    .option("--course <tempos>", "tempo at its beginning and at its end: 118..126")
    .option("--variant <number>", "another number, another playlist of the same wish", parseNumber, 0)
    .option("--audio <kind>", "what links lead to: a kind that is a sound file, or master")
    .addOption(new Option("--format <format>", "print a file for players").choices(["m3u8", "jspf"]))
    .addOption(apiOption())
    .option("--json", "print the playlist as the API has it", false)
    .addHelpText("after", examples + codes)
    .action(async (flags: Flags) => {
      const [{ checkTrackId, NotThere, useApi }, { ApiRefusal }, text] = await Promise.all([
        import("../fleet-api/use-api.ts"),
        import("@segue/client"),
        import("./playlist-text.ts"),
      ]);
      const { api: url, json, seed, minutes, course, variant, audio, format } = flags;
      if (seed !== undefined) checkTrackId(command, seed);
      const asked = { ...filtersOf(flags), seed, minutes, course, variant, audio };
      const notThere = (error: unknown) => {
        throw error instanceof ApiRefusal && error.status === 404 ? new NotThere(error.message) : error;
      };
      await useApi(context, url, async (api) => {
        if (format !== undefined && !json) {
          context.stdout.write(await api.openPlaylist({ ...asked, format }).catch(notThere));
          return;
        }
        const playlist = await api.makePlaylist(asked).catch(notThere);
        if (json) writeJson(context, playlist);
        else context.stdout.write(`${text.renderPlaylist(playlist)}\n`);
      });
    });
}

function parseNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("expected a number from 0.");
}
