import { type CorrectedTrack, maxCorrectedTracks } from "@segue/contracts";
import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption, limitOption } from "../fleet-api/api-options.ts";

interface Flags {
  readonly api?: string;
  readonly disagreeing: boolean;
  readonly kind?: string;
  readonly limit: number;
  readonly truth: boolean;
  readonly json: boolean;
}

/** `segue corrections`: what people have said, and where the machine says otherwise. */
export function createCorrectionsCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue corrections --disagreeing": "where the machine says otherwise now",
    "segue corrections --disagreeing --kind tempo": "of their tempo alone",
    "segue corrections --truth > truth.csv": "as labels, for `npm run accuracy -- FOLDER`",
  });
  return new Command("corrections")
    .summary("list what people have corrected, and where the machine disagrees")
    .description("Lists tracks that people have corrected, the oldest first, with what the machine says now.")
    .option("--disagreeing", "only where the machine says otherwise now", false)
    .option("--kind <kind>", "only corrections of this kind")
    .addOption(limitOption(1_000, "how many tracks to list; with --truth all are"))
    .option("--truth", "print labels as CSV: file,source,groove,bpm,key,mode", false)
    .addOption(apiOption())
    .option("--json", "print a JSON array of tracks as the API has them", false)
    .addHelpText("after", examples + exitCodesText(apiCodes))
    .action(async ({ api: url, disagreeing, kind, limit, truth, json }: Flags) => {
      const [{ walkPages }, { useApi }, { renderCorrections }, { renderTruth }] = await Promise.all([
        import("@segue/client"),
        import("../fleet-api/use-api.ts"),
        import("./corrections-text.ts"),
        import("./truth-csv.ts"),
      ]);
      await useApi(context, url, async (api) => {
        const query = { disagreeing: disagreeing ? ("true" as const) : ("false" as const), kind };
        const tracks: CorrectedTrack[] = [];
        // Pages are full ones: of those that are looked at few may disagree.
        const walk = walkPages(truth ? Number.POSITIVE_INFINITY : limit, async (cursor) => {
          const asked = { ...query, limit: maxCorrectedTracks, cursor: cursor ?? undefined };
          const { tracks: items, nextCursor } = await api.listCorrections(asked);
          return { items, nextCursor };
        });
        for await (const track of walk) tracks.push(track);
        if (json) return writeJson(context, tracks);
        if (!truth) return void context.stdout.write(`${renderCorrections(tracks)}\n`);
        const { text, rows, withoutTempo } = renderTruth(tracks);
        context.stdout.write(text);
        const left = withoutTempo === 0 ? "" : `; ${withoutTempo} without a tempo are left out`;
        context.stderr.write(`${rows} ${rows === 1 ? "track" : "tracks"}${left}\n`);
      });
    });
}
