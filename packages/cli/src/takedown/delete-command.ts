import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption } from "../fleet-api/api-options.ts";

interface Flags {
  readonly api?: string;
  readonly cancel: boolean;
  readonly json: boolean;
}

/** `segue delete`: a track goes. */
export function createDeleteCommand(context: CommandContext): Command {
  const id = "01a1fddc-6e90-78a3-813c-ac538a3eb774";
  const examples = examplesText({
    [`segue delete ${id}`]: "with all that was made of it and is nobody else's",
    [`segue delete ${id} --cancel`]: "only if nothing of it has begun",
  });
  const codes = exitCodesText({
    ...apiCodes,
    succeeded: "it goes",
    failed: "there is no such track, or, with --cancel, it has begun",
  });
  return new Command("delete")
    .summary("delete a track, with all that was made of it")
    .description(
      "Deletes a track of a running fleet. It can't be undone. That nothing is left the takedown's receipt tells.",
    )
    .argument("<id>", "the track's id")
    .addOption(apiOption())
    .option("--cancel", "only if no step of it has begun", false)
    .option("--json", "print the takedown { id, url } as JSON", false)
    .addHelpText("after", examples + codes)
    .action(async (track: string, { api: url, cancel, json }: Flags) => {
      const { NotThere, useApi } = await import("../fleet-api/use-api.ts");
      await useApi(context, url, async (api) => {
        const link = cancel ? (await api.cancelTrack(track))?.takedown : await api.deleteTrack(track);
        if (!link) throw new NotThere(`no track ${track}`);
        if (json) writeJson(context, link);
        else context.stdout.write(`track ${track} goes: takedown ${link.id}\n  ${link.url}\n`);
      });
    });
}
