import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type TakedownPolicy, takedownPolicies } from "@segue/contracts";
import { Command, Option } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption } from "../fleet-api/api-options.ts";
import { readMasters } from "./read-masters.ts";
import { createShowCommand } from "./show-command.ts";
import { createVerifyReceiptCommand } from "./verify-receipt-command.ts";

interface Flags {
  readonly api?: string;
  readonly again: TakedownPolicy;
  readonly reason?: string;
  readonly json: boolean;
}

/** Of one takedown. */
const mastersAtOnce = 1_000;

/** `segue takedown`: masters go, whoever has tracks of them. */
export function createTakedownCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue takedown e3b0c442...b855 --reason 'notice 4711'":
      "all tracks of these bytes, whoever's; they are refused from now on",
    "segue takedown notice.txt --again new":
      "of every SHA-256 in a file; when they come again they are taken in",
    "sha256sum song.flac | segue takedown -": "of a file at hand",
    "segue takedown show 01a1fddc-6e90-78a3-813c-ac538a3eb774": "how far one is, and its receipts",
  });
  const codes = exitCodesText({
    ...apiCodes,
    succeeded: "asked for",
    failed: "the API does not take what was said",
  });
  const command = new Command("takedown")
    .summary("take masters down: all their tracks go, with all that was derived from them")
    .description(
      "Has a fleet delete all tracks of some masters, whoever's they are, with everything that was derived from them. It can't be\n" +
        "undone. What an owner deletes of their own is `segue delete`.",
    )
    .enablePositionalOptions()
    .argument(
      "<masters...>",
      "SHA-256 in hex, files with some in them (the first word of a line), or - for standard input",
    )
    .addOption(apiOption())
    .addOption(
      new Option("--again <policy>", "what becomes of such bytes when they come again")
        .choices(takedownPolicies)
        .default("refuse"),
    )
    .option("--reason <text>", "for people: it is kept with the takedown")
    .option("--json", "print an array of { id, url } as JSON", false)
    .addHelpText("after", examples + codes)
    .addCommand(createShowCommand(context))
    .addCommand(createVerifyReceiptCommand(context));
  return command.action(async (given: string[], flags: Flags) => {
    const masters = await readMasters(given, (file) => readInput(context, file)).catch((error: unknown) =>
      command.error(`error: ${error instanceof Error ? error.message : String(error)}`),
    );
    await takeDown(context, masters, flags);
  });
}

async function takeDown(context: CommandContext, masters: readonly string[], flags: Flags): Promise<void> {
  const { useApi } = await import("../fleet-api/use-api.ts");
  await useApi(context, flags.api, async (api) => {
    const links = [];
    for (let from = 0; from < masters.length; from += mastersAtOnce)
      links.push(
        await api.takeDown({
          masters: masters.slice(from, from + mastersAtOnce),
          again: flags.again,
          ...(flags.reason === undefined ? {} : { reason: flags.reason }),
        }),
      );
    if (flags.json) return writeJson(context, links);
    for (const { id, url } of links) context.stdout.write(`takedown ${id}\n  ${url}\n`);
  });
}

function readInput({ config }: CommandContext, file: string): Promise<string> {
  return readFile(file === "-" ? "/dev/stdin" : resolve(config.cwd, file), "utf8");
}
