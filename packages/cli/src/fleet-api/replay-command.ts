import type { ReplayRequest } from "@segue/contracts";
import { Command, Option } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption } from "./api-options.ts";

interface Flags {
  readonly api: string;
  readonly force?: string[];
  readonly failed?: boolean;
  readonly json: boolean;
}

/** `segue replay`: a track goes through the chain again. */
export function createReplayCommand(context: CommandContext): Command {
  const id = "01a1fddc-6e90-78a3-813c-ac538a3eb774";
  const examples = examplesText({
    [`segue replay ${id}`]: "what is there is found there",
    [`segue replay ${id} --failed`]: "what has failed is tried again",
    [`segue replay ${id} --force tempo`]: "tempo is computed although it is there",
  });
  const codes = exitCodesText({
    ...apiCodes,
    succeeded: "sent",
    failed: "there is no such track, or it does not want a step",
  });
  const command = new Command("replay")
    .summary("send a track of a running fleet through the chain again")
    .description(
      "Announces a track's master again. What is there is skipped, permanent failures included, unless forced.",
    )
    .argument("<id>", "the track's id")
    .addOption(apiOption())
    .option("--force <steps>", "steps to compute although their results are there", (text) =>
      text.split(",").map((name) => name.trim()),
    )
    .addOption(new Option("--failed", "compute the steps that have failed").conflicts("force"))
    .option("--json", "print what was begun as JSON", false)
    .addHelpText("after", examples + codes);
  return command.action(async (track: string, { api: url, force, failed, json }: Flags) => {
    const { checkTrackId, NotThere, useApi } = await import("./use-api.ts");
    checkTrackId(command, track);
    const request: ReplayRequest = failed ? { force: "failed" } : force ? { force } : {};
    await useApi(context, url, async (api) => {
      const receipt = await api.replay(track, request, new AbortController().signal);
      if (!receipt) throw new NotThere(`no track ${track}`);
      if (json) return writeJson(context, receipt);
      const forced = receipt.force.length > 0 ? `; computed anew: ${receipt.force.join(", ")}` : "";
      context.stdout.write(`${receipt.url} goes through ${receipt.wants.join(", ")} again${forced}\n`);
    });
  });
}
