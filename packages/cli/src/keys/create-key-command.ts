import { type KeyRequest, Scope, scopes } from "@segue/contracts";
import { Command, InvalidArgumentError } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption } from "../fleet-api/api-options.ts";
import { sayNewKey } from "./key-text.ts";
import { parseCount, parseRate } from "./parse-limits.ts";

interface Flags {
  readonly api?: string;
  readonly owner?: string;
  readonly scopes: Scope[];
  readonly rate?: number;
  readonly burst?: number;
  readonly tracksPerDay?: number;
  readonly bytesPerDay?: number;
  readonly expires?: string;
  readonly json: boolean;
}

/** `segue keys create`. */
export function createKeyCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue keys create 'studio upload' --owner acme": "of acme's tracks, to read and to write",
    "segue keys create ci --scopes tracks:read --expires 2027-01-01": "to read only, and not for ever",
    "segue keys create partner --owner acme --rate 20 --tracks-per-day 10000": "so much and no more",
  });
  const codes = exitCodesText({
    ...apiCodes,
    succeeded: "made",
    failed: "the API does not take what was said",
  });
  return new Command("create")
    .summary("make a key, which is printed this once")
    .description(
      "Makes a key of a running fleet's API and prints it: the one time that it is told. What is said of it goes to standard error.",
    )
    .argument("<name>", "for people: who uses it, and where")
    .addOption(apiOption())
    .option("--owner <name>", "whose tracks it is for; by default those of whoever makes it")
    .option("--scopes <list>", `what it is for, separated by commas, of: ${scopes.join(", ")}`, parseScopes, [
      "tracks:read",
      "tracks:write",
    ])
    .option("--rate <number>", "requests per second that are let through for long", parseRate)
    .option(
      "--burst <number>",
      "requests that are let through at once; by default those of two seconds",
      parseCount,
    )
    .option("--tracks-per-day <number>", "tracks that are accepted on a day (UTC)", parseCount)
    .option("--bytes-per-day <number>", "bytes of uploads that are accepted on a day (UTC)", parseCount)
    .option("--expires <date>", "from when on it is not taken, as 2027-01-01", parseDate)
    .option("--json", "print { key, resource } as JSON", false)
    .addHelpText("after", examples + codes)
    .action(async (name: string, flags: Flags) => {
      const { useApi } = await import("../fleet-api/use-api.ts");
      await useApi(context, flags.api, async (api) => {
        const made = await api.createKey(requestOf(name, flags));
        if (flags.json) writeJson(context, made);
        else sayNewKey(context, made);
      });
    });
}

function requestOf(name: string, flags: Flags): KeyRequest {
  const { owner, rate: requestsPerSec, burst, tracksPerDay, bytesPerDay, expires: expiresAt } = flags;
  const given = { owner, requestsPerSec, burst, tracksPerDay, bytesPerDay, expiresAt };
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...said, name, scopes: flags.scopes };
}

function parseScopes(text: string): Scope[] {
  return text.split(",").map((word) => {
    const scope = Scope.safeParse(word.trim());
    if (scope.success) return scope.data;
    throw new InvalidArgumentError(`expected some of ${scopes.join(", ")}, got "${word}"`);
  });
}

function parseDate(text: string): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime()))
    throw new InvalidArgumentError(`expected a date, as 2027-01-01, got "${text}"`);
  return date.toISOString();
}
