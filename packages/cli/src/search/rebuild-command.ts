import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption } from "../fleet-api/api-options.ts";

interface Flags {
  readonly api?: string;
  readonly json: boolean;
  readonly wait: boolean;
}

/** Between two questions whether it is over, in ms. */
const pauseMs = 1_000;

/** `segue search rebuild`: what is searched for, made anew. */
export function createRebuildCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue search rebuild": "returns when all tracks were gone through",
    "segue search rebuild --no-wait": "at once; a catalog does it by itself",
  });
  const codes = exitCodesText({ ...apiCodes, succeeded: "made, or asked for" });
  return new Command("rebuild")
    .summary("make what is searched for anew")
    .description(
      "Has a catalog go through all tracks and make what is searched for as they are. What is there is found meanwhile.",
    )
    .addOption(apiOption())
    .option("--no-wait", "do not wait until it is over")
    .option("--json", "print { asked, begun, isComplete } as JSON", false)
    .addHelpText("after", examples + codes)
    .action(async ({ api: url, wait, json }: Flags) => {
      const { useApi } = await import("../fleet-api/use-api.ts");
      await useApi(context, url, async (api) => {
        let rebuild = await api.rebuildSearch();
        const { asked } = rebuild;
        while (wait && (!rebuild.isComplete || rebuild.begun < asked)) {
          await sleep(pauseMs);
          rebuild = await api.readSearchRebuild();
        }
        if (json) return writeJson(context, rebuild);
        const words = wait ? "search has gone through all tracks" : "asked for";
        context.stdout.write(`rebuild ${asked}: ${words}\n`);
      });
    });
}
