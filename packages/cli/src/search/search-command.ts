import type { FacetsAsked } from "@segue/client";
import type { FoundTrack } from "@segue/contracts";
import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption, limitOption } from "../fleet-api/api-options.ts";
import { createRebuildCommand } from "./rebuild-command.ts";

interface Flags {
  readonly api?: string;
  readonly json: boolean;
  readonly limit: number;
  readonly bpm?: string;
  readonly octaves: boolean;
  readonly key?: string;
  readonly harmonic: boolean;
  readonly tags?: string;
  readonly duration?: string;
  readonly loudness?: string;
  readonly state?: string;
  readonly accepted?: string;
  readonly words?: string;
  readonly where: readonly string[];
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
  return addFilters(command)
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

function addFilters(command: Command): Command {
  const collect = (text: string, before: readonly string[]) => [...before, text];
  return command
    .option("--bpm <range>", "tempo in beats per minute")
    .option("--octaves", "half and double of --bpm count too", false)
    .option("--key <list>", "keys, as `8A`, `A minor`: any of them")
    .option("--harmonic", "keys that go with --key count too: its neighbours and its relative", false)
    .option("--tags <list>", "all of these, each with its least score behind a colon")
    .option("--duration <range>", "in seconds")
    .option("--loudness <range>", "in LUFS")
    .option("--state <list>", "any of these states")
    .option("--accepted <range>", "days, or instants in UTC")
    .option("--words <text>", "in title, file name and metadata; the last may be a beginning")
    .option(
      "--where <name=value>",
      "any other fact, or metadata.NAME; may be given several times",
      collect,
      [],
    );
}

/** As the API has them: a semicolon in a value is a double one there. */
function filtersOf(flags: Flags): FacetsAsked {
  const { bpm, octaves, key, harmonic, tags, duration, loudness, state, accepted, words, where } = flags;
  return {
    ...{ bpm, key, tags, duration, loudness, state, accepted, words },
    ...(octaves ? { octaves: "true" } : {}),
    ...(harmonic ? { harmonic: "true" } : {}),
    ...(where.length > 0 ? { where: where.map((one) => one.replaceAll(";", ";;")).join(";") } : {}),
  };
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
