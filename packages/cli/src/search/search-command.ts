import { type ExportFormat, exportFormats, type FoundTrack } from "@segue/contracts";
import { Command, Option } from "commander";
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
  readonly format?: ExportFormat;
  readonly columns?: string;
  readonly folder?: string;
  readonly output?: string;
}

const loadApi = () => import("../fleet-api/use-api.ts");
const codes = exitCodesText({
  ...apiCodes,
  failed: "the API does not know a fact of that name, or not so; or the file can't be written",
});

/** `segue search`: tracks by what is known of them. */
export function createSearchCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue search --bpm 120..128 --key 8A --harmonic": "what goes with a track in A minor",
    "segue search --tags house:0.5,dance --sort -loudness": "the loudest first",
    "segue search --words 'blue mon' --where 'aac.bitRateKbps=..96'": "any fact, by its name",
    "segue search --bpm 120..128 --facets camelot,tags": "how many there are of what",
    "segue search --format parquet --output tracks.parquet": "all tracks, with all that is known in short",
  });
  const command = new Command("search")
    .summary("find tracks of a running fleet by how they sound, and count them")
    .description(
      "Finds tracks by what is known of them. A range is from..to, both included; one of them may be left out.\n" +
        "`segue search facts` lists the names that there are.",
    )
    .enablePositionalOptions();
  return addFilters(command)
    .option("--sort <name>", "accepted, or the name of a number; -name for the greatest first", "-accepted")
    .option("--facets <list>", "count tracks by these facts, or by state, and list none")
    .addOption(limitOption(50, "how many tracks to list; of an export all, if it is not given"))
    .addOption(
      new Option(
        "--format <format>",
        "all that is found, as a table, or as a collection for DJ programs",
      ).choices(exportFormats),
    )
    .option("--columns <list>", "of a table: names of facts, id, title, metadata.NAME and others")
    .option("--folder <path>", "of rekordbox: where the files lie, as `segue tag` writes them")
    .option("--output <file>", "of a table: the file; standard output, if it is not given")
    .addOption(apiOption())
    .option("--json", "print a JSON array of tracks, or the counts, as the API has them", false)
    .addHelpText("after", examples + codes)
    .action(async (flags: Flags) => {
      if (flags.format !== undefined) return exportTable(command, context, flags, flags.format);
      if ([flags.columns, flags.folder, flags.output].some((given) => given !== undefined))
        command.error(
          `error: expected --format (${exportFormats.join(", ")}) with --columns, --folder and --output`,
        );
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

async function exportTable(command: Command, context: CommandContext, flags: Flags, format: ExportFormat) {
  const { api: url, facets, json, sort, columns, folder, output } = flags;
  if (facets !== undefined || json) command.error("error: expected --format without --facets and --json");
  if (format === "parquet" && output === undefined && "isTTY" in context.stdout && context.stdout.isTTY)
    command.error("error: expected --output <file> with --format parquet: a terminal does not show it");
  const limit = command.getOptionValueSource("limit") === "default" ? undefined : flags.limit;
  const [{ useApi }, { exportFound }] = await Promise.all([loadApi(), import("./export-found.ts")]);
  const asked = { ...filtersOf(flags), sort, format, columns, folder, limit };
  await useApi(context, url, (api) => exportFound(context, api, asked, output));
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
