import type { TakedownResource } from "@segue/contracts";
import { printable } from "@segue/wording";
import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption } from "../fleet-api/api-options.ts";

interface Flags {
  readonly api?: string;
  readonly json: boolean;
  readonly receipt: boolean;
}

/** `segue takedown show`. */
export function createShowCommand(context: CommandContext): Command {
  const id = "01a1fddc-6e90-78a3-813c-ac538a3eb774";
  const examples = examplesText({
    [`segue takedown show ${id}`]: "how far it is",
    [`segue takedown show ${id} --receipt > receipt.json`]: "its latest receipt, to be kept",
  });
  const codes = exitCodesText({ ...apiCodes, failed: "there is no such takedown, or no receipt yet" });
  return new Command("show")
    .summary("how far a takedown is, and its receipts")
    .description("Tells how far a takedown is: of masters, or of a track that was deleted.")
    .argument("<id>", "the takedown's id")
    .addOption(apiOption())
    .option("--receipt", "print the latest receipt alone", false)
    .option("--json", "print the takedown as the API has it", false)
    .addHelpText("after", examples + codes)
    .action(async (takedown: string, { api: url, json, receipt }: Flags) => {
      const { NotThere, useApi } = await import("../fleet-api/use-api.ts");
      await useApi(context, url, async (api) => {
        const found = await api.readTakedown(takedown);
        if (!found) throw new NotThere(`no takedown ${takedown}`);
        const latest = found.receipts.at(-1);
        if (receipt && !latest)
          throw new NotThere(`takedown ${takedown} is ${found.state}, and has no receipt`);
        if (receipt) writeJson(context, latest);
        else if (json) writeJson(context, found);
        else context.stdout.write(say(found));
      });
    });
}

function say({
  id,
  state,
  tracks,
  masters,
  requestedAt,
  removedAt,
  finalAt,
  receipts,
  reason,
}: TakedownResource): string {
  const what = masters.length > 0 ? `${masters.length} masters` : `${tracks.length} tracks`;
  const lines = [
    `takedown ${id}: ${state}, of ${what}${reason === null ? "" : ` (${printable(reason)})`}`,
    `  asked for    ${requestedAt}`,
    `  nothing left ${removedAt ?? "not yet"}`,
    `  nothing can come any more ${finalAt ?? "not yet"}`,
    `  receipts     ${receipts.length}`,
  ];
  return `${lines.join("\n")}\n`;
}
