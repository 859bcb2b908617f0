import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption, limitOption } from "../fleet-api/api-options.ts";
import { addFilters, type FilterFlags, filtersOf } from "./filter-options.ts";

interface Flags extends FilterFlags {
  readonly api?: string;
  readonly json: boolean;
  readonly limit: number;
  readonly by?: string;
}

const codes = exitCodesText({ ...apiCodes, failed: "the API does not know the track, or it has no vector" });

/** `segue similar`: tracks that sound like one. */
export function createSimilarCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue similar ID": "the twenty that are most like it",
    "segue similar ID --bpm 120..128 --harmonic --key 8A": "of those that can be mixed",
  });
  const command = new Command("similar")
    .summary("find tracks of a running fleet that sound like one")
    .description("Finds the tracks that are most like one, by the vectors that steps give.")
    .argument("<id>", "the track's id");
  return addFilters(command, {
    octaves: "half and double of --bpm count too",
    harmonic: "keys that go with --key count too: its neighbours and its relative",
  })
    .option("--by <fact>", "what they are compared by: a fact, or its kind")
    .addOption(limitOption(20, "how many tracks to list"))
    .addOption(apiOption())
    .option("--json", "print what the API answers", false)
    .addHelpText("after", examples + codes)
    .action(async (id: string, flags: Flags) => {
      const [{ checkTrackId, NotThere, useApi }, text] = await Promise.all([
        import("../fleet-api/use-api.ts"),
        import("./search-text.ts"),
      ]);
      checkTrackId(command, id);
      const { api: url, json, limit, by } = flags;
      await useApi(context, url, async (api) => {
        const similar = await api.listSimilarTracks(id, { ...filtersOf(flags), limit, by });
        if (!similar) throw new NotThere(`no track ${id}`);
        const { facts } = json ? { facts: [] } : await api.listSearchedFacts();
        if (json) writeJson(context, similar);
        else context.stdout.write(`${text.renderSimilar(similar, facts)}\n`);
      });
    });
}
