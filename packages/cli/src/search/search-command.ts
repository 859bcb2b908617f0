import type { FoundTrack } from "@segue/contracts";
import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption, limitOption } from "../fleet-api/api-options.ts";
import { addFilters, type FilterFlags, filtersOf } from "./filter-options.ts";
import { createRebuildCommand } from "./rebuild-command.ts";

interface Flags extends FilterFlags {
  readonly api?: string;
  readonly json: boolean;
  readonly limit: number;
  readonly sort: string;
  readonly facets?: string;
}

const loadApi = () => import("../fleet-api/use-api.ts");
const codes = exitCodesText({ ...apiCodes, failed: "the API does not know a fact of that name, or not so" });

/** `segue search`: tracks by what is known of them. */
export function createSearchCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue search --bpm 120..128 --key 8A --harmonic": "what goes with a track in A minor",
    "segue search --tags house:0.5,dance --sort -loudness": "the loudest first",
    "segue search --words 'blue mon' --where 'aac.bitRateKbps=..96'": "any fact, by its name",
    "segue search --bpm 120..128 --facets camelot,tags": "how many there are of what",
  });
  const command = new Command("search")
    .summary("find tracks of a running fleet by how they sound, and count them")
    .description(
      "Finds tracks by what is known of them. A range is from..to, both included; one of them may be left out.\n" +
        "`segue search facts` lists the names that there are.",
    )
    .enablePositionalOptions();
  return addFilters(command, {
    octaves: "half and double of --bpm count too",
    harmonic: "keys that go with --key count too: its neighbours and its relative",
  })
    .option("--sort <name>", "accepted, or the name of a number; -name for the greatest first", "-accepted")
    .option("--facets <list>", "count tracks by these facts, or by state, and list none")
    .addOption(limitOption(50, "how many tracks to list"))
    .addOption(apiOption())
    .option("--json", "print a JSON array of tracks, or the counts, as the API has them", false)
    .addHelpText("after", examples + codes)
    .action(async (flags: Flags) => {
      const [{ useApi }, { walkSearch }, text] = await Promise.all([
        loadApi(),
        import("@segue/client"),
        import("./search-text.ts"),
      ]);
      const { api: url, json, facets, limit, sort } = flags;
      const write = (given: unknown, words: string) =>
        json ? writeJson(context, given) : void context.stdout.write(`${words}\n`);
      await useApi(context, url, async (api) => {
        const filters = filtersOf(flags);
        if (facets !== undefined) {
          const counts = await api.countTracks({ ...filters, facets });
          return write(counts, text.renderCounts(counts));
        }
        const tracks: FoundTrack[] = [];
        for await (const track of walkSearch(api, limit, { ...filters, sort })) tracks.push(track);
        const { facts } = json ? { facts: [] } : await api.listSearchedFacts();
        write(tracks, text.renderFound(tracks, facts));
      });
    })
    .addCommand(createFactsCommand(context))
    .addCommand(createRebuildCommand(context));
}

function createFactsCommand(context: CommandContext): Command {
  const examples = examplesText({ "segue search facts": "names, and what each can be asked for" });
  return new Command("facts")
    .summary("list what tracks can be searched for by")
    .description("Lists the facts that search has, as the fleet's kinds have them indexed.")
    .addOption(apiOption())
    .option("--json", "print a JSON array of facts as the API has them", false)
    .addHelpText("after", examples + exitCodesText(apiCodes))
    .action(async ({ api: url, json }: Pick<Flags, "api" | "json">) => {
      const [{ useApi }, { renderFacts }] = await Promise.all([loadApi(), import("./search-text.ts")]);
      await useApi(context, url, async (api) => {
        const { facts } = await api.listSearchedFacts();
        if (json) writeJson(context, facts);
        else context.stdout.write(`${renderFacts(facts)}\n`);
      });
    });
}
