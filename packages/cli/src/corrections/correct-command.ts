import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption } from "../fleet-api/api-options.ts";

interface Flags {
  readonly api?: string;
  readonly author?: string;
  readonly note?: string;
  readonly takeBack?: string;
  readonly json: boolean;
}

const codes = exitCodesText({
  ...apiCodes,
  succeeded: "said, or taken back",
  failed: "there is no such track, fact or correction, or the value is none of its kind's",
});

/** `segue correct`: a person's word on a track. */
export function createCorrectCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue correct ID bpm=128": "its tempo; what the machine has heard stays beside it",
    "segue correct ID key=Am tags=techno,dance --author Ada": "a key in any way to write it, and its tags",
    "segue correct ID key=none": "it has none",
    "segue correct ID --take-back tempo": "the machine's holds again",
  });
  const command = new Command("correct")
    .summary("say what a track is where the machine is wrong")
    .description(
      "Says what a track is. It holds in search, counts and playlists, whatever is computed later, until it is taken back.\n" +
        "What can be corrected the fleet's kinds say.",
    )
    .argument("<id>", "the track's id")
    .argument("[values...]", "NAME=VALUE, such as bpm=128; several words are separated by commas")
    .option("--author <name>", "who says so, where several people share a key")
    .option("--note <text>", "why")
    .option("--take-back <kind>", "take back what was said of a kind")
    .addOption(apiOption())
    .option("--json", "print what holds for the track as the API has it", false)
    .addHelpText("after", examples + codes);
  return command.action((id: string, words: string[], flags: Flags) =>
    correct(context, command, id, words, flags),
  );
}

async function correct(
  context: CommandContext,
  command: Command,
  id: string,
  words: readonly string[],
  { api: url, author, note, takeBack, json }: Flags,
): Promise<void> {
  const [
    { checkTrackId, NotThere, useApi },
    { readSaid, UnclearWordsError },
    { renderCorrections },
    { UnreadableValueError },
  ] = await Promise.all([
    import("../fleet-api/use-api.ts"),
    import("./read-said.ts"),
    import("./corrections-text.ts"),
    import("@segue/wording"),
  ]);
  checkTrackId(command, id);
  if ((words.length === 0) === (takeBack === undefined))
    command.error("error: expected NAME=VALUE, or --take-back KIND");
  await useApi(context, url, async (api) => {
    if (takeBack !== undefined && !(await api.takeBackCorrection(id, takeBack)))
      throw new NotThere(`no track ${id} of which a ${takeBack} was corrected`);
    const kinds = words.length === 0 ? [] : ((await api.listKinds())?.kinds ?? []);
    const said = (() => {
      try {
        return readSaid(kinds, words);
      } catch (error) {
        throw error instanceof UnclearWordsError || error instanceof UnreadableValueError
          ? new NotThere(error.message, { cause: error })
          : error;
      }
    })();
    for (const [kind, facts] of said)
      if (!(await api.correctTrack(id, kind, { facts, author, note }))) throw new NotThere(`no track ${id}`);
    const { title = null, fileName = null, corrections = {} } = (await api.readTrack(id)) ?? {};
    if (json) return writeJson(context, corrections);
    const track = { id, url: "", title, fileName, corrections };
    const isAny = Object.keys(corrections).length > 0;
    context.stdout.write(`${renderCorrections(isAny ? [track] : [])}\n`);
  });
}
