import { Command, InvalidArgumentError } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption } from "../fleet-api/api-options.ts";
import { parseList, targetsOption } from "../plan/selection-options.ts";
import type { AddFlags } from "./run-add.ts";

const defaultAtOnce = 8;

/** `segue add`: submits tracks to a running fleet. */
export function createAddCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue add song.flac music/ 'archive/**/*.wav'": "files, folders, patterns",
    "segue add gs://my-masters/2026/": "all audio below a prefix; the bytes go from there to the fleet",
    "segue add --manifest release.csv --targets tempo,key": "a line per track: source,title,targets",
    "find / -name '*.mp3' | jq -R '{source: .}' -c | segue add --manifest -": "JSONL from another program",
    "segue add --direct masters/": "large files; what a broken connection has left half sent is gone on with",
    "segue add --manifest catalog.jsonl --journal catalog.journal":
      "the same command goes on where it stopped",
  });
  const codes = exitCodesText({
    ...apiCodes,
    succeeded: "everything is accepted",
    failed: "some sources were refused, or Ctrl-C came first",
    usage: "the command line is wrong, or the manifest can't be used",
  });
  const command = new Command("add")
    .summary("submit tracks to a running fleet: files, folders, patterns, gs:// prefixes, manifests")
    .description(
      "Submits tracks, several side by side, fewer when the fleet asks to slow down. What was accepted is noted in a\n" +
        "journal: the same command, given again, submits what is missing.",
    )
    .argument("[sources...]", "files, folders, patterns, gs:// prefixes and objects, https:// addresses")
    .addOption(apiOption())
    .option("--manifest <file>", "a .csv or .jsonl file that names sources, or - for JSONL from stdin")
    .option(targetsOption[0], "targets of all that name none themselves (default: all)", parseList)
    .option(
      "--journal <file>",
      "where to note what was accepted (default: add-FLEET.jsonl in the data folder)",
    )
    .option("--at-once <number>", "sources under way at once, at most", parseCount, defaultAtOnce)
    .option("--direct", "send files to storage itself, in parts, and go on after a break", false)
    .option("--dry-run", "only tell what would be submitted", false)
    .option(
      "--json",
      "print a line of JSON per source: { source, status, trackId } or { ..., code, message }",
      false,
    )
    .addHelpText("after", examples + codes);
  return command.action(async (sources: string[], flags: AddFlags) => {
    if (sources.length === 0 && flags.manifest === undefined)
      command.error("error: expected sources or --manifest, got neither");
    const { runAdd } = await import("./run-add.ts");
    await runAdd(context, sources, flags);
  });
}

function parseCount(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) >= 1) return Number(text);
  throw new InvalidArgumentError(`expected a number from 1 to 9999, got "${text}"`);
}
