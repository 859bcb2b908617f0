import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption } from "./api-options.ts";

interface Flags {
  readonly api?: string;
  readonly json: boolean;
}

/** `segue history`: what was done for a track, by whom and when. */
export function createHistoryCommand(context: CommandContext): Command {
  const id = "01a1fddc-6e90-78a3-813c-ac538a3eb774";
  const examples = examplesText({
    [`segue history ${id}`]: "every request, attempt, event and dead letter, oldest first",
    [`segue history ${id} --json | jq .attempts`]: "with the addresses of their inputs, for scripts",
  });
  const command = new Command("history")
    .summary("the audit trail of one track of a running fleet")
    .description(
      "Shows what was asked of a track and done for it, oldest first: every request, every attempt with worker, version and\n" +
        "duration, what the reconciler did, and its dead letters. Replays add to it; nothing is taken away.",
    )
    .argument("<id>", "the track's id")
    .addOption(apiOption())
    .option("--json", "print { id, requests, attempts, events, deadLetters } as the API has it", false)
    .addHelpText("after", examples + exitCodesText({ ...apiCodes, failed: "there is no such track" }));
  return command.action(async (track: string, { api: url, json }: Flags) => {
    const [{ checkTrackId, NotThere, useApi }, { renderHistory }] = await Promise.all([
      import("./use-api.ts"),
      import("./history-text.ts"),
    ]);
    checkTrackId(command, track);
    await useApi(context, url, async (api) => {
      const history = await api.readHistory(track);
      if (!history) throw new NotThere(`no track ${track}`);
      if (json) writeJson(context, history);
      else context.stdout.write(`${renderHistory(history)}\n`);
    });
  });
}
