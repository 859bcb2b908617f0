import type { AuditEntry } from "@segue/contracts";
import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption, limitOption } from "../fleet-api/api-options.ts";
import { createKeyCommand } from "./create-key-command.ts";
import { renderAudit, renderKeys, sayNewKey } from "./key-text.ts";
import { parseGrace } from "./parse-limits.ts";

interface Flags {
  readonly api?: string;
  readonly json: boolean;
}

const loadApi = () => import("../fleet-api/use-api.ts");
const id = "2Yb7kQ9fTz1X";

/** `segue keys`: who may ask a fleet for what. */
export function createKeysCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue keys": "the newest first, with what they are for and when they were last used",
    "segue keys create 'studio upload' --owner acme": "a key, told this once",
    "SEGUE_API_KEY=sk_... segue tracks":
      "how a command sends one: never on the command line, which others can read",
  });
  return new Command("keys")
    .summary("keys of a running fleet's API: list, make, rotate, withdraw, and who wrote what")
    .description("Lists the keys of a running fleet's API, the newest first, without what they are.")
    .enablePositionalOptions()
    .addOption(apiOption())
    .option("--json", "print a JSON array of keys as the API has them", false)
    .addHelpText("after", examples + exitCodesText(apiCodes))
    .action(async ({ api: url, json }: Flags) => {
      const { useApi } = await loadApi();
      await useApi(context, url, async (api) => {
        const { keys } = await api.listKeys();
        if (json) writeJson(context, keys);
        else context.stdout.write(`${renderKeys(keys)}\n`);
      });
    })
    .addCommand(createKeyCommand(context))
    .addCommand(createRotateCommand(context))
    .addCommand(createRevokeCommand(context))
    .addCommand(createAuditCommand(context));
}

function createRotateCommand(context: CommandContext): Command {
  const examples = examplesText({
    [`segue keys rotate ${id}`]: "a new key; the old one is taken for a day yet",
    [`segue keys rotate ${id} --grace 0`]: "and not any more at all",
  });
  const codes = exitCodesText({
    ...apiCodes,
    succeeded: "made",
    failed: "there is no such key, or it is over",
  });
  return new Command("rotate")
    .summary("make a key in the place of another one")
    .description("Makes a key that is as another one in all but what it is. It is printed this once.")
    .argument("<id>", "the other key's id")
    .addOption(apiOption())
    .option("--grace <sec>", "how long the other key is still taken, in seconds", parseGrace, 86_400)
    .option("--json", "print { key, resource } as JSON", false)
    .addHelpText("after", examples + codes)
    .action(async (key: string, { api: url, grace, json }: Flags & { grace: number }) => {
      const { NotThere, useApi } = await loadApi();
      await useApi(context, url, async (api) => {
        const made = await api.rotateKey(key, { graceSec: grace });
        if (!made) throw new NotThere(`no key ${key}`);
        if (json) writeJson(context, made);
        else sayNewKey(context, made);
      });
    });
}

function createRevokeCommand(context: CommandContext): Command {
  const examples = examplesText({
    [`segue keys revoke ${id}`]: "within seconds no instance of the API takes it",
    [`segue keys revoke ${id} --made`]: "nor the keys that it has made: of one that got out",
  });
  const codes = exitCodesText({ ...apiCodes, succeeded: "withdrawn", failed: "there is no such key" });
  return new Command("revoke")
    .summary("withdraw a key")
    .description("Withdraws a key, for good. What it has sent stays.")
    .argument("<id>", "the key's id")
    .addOption(apiOption())
    .option("--made", "and all keys that it has made, and those that they have made", false)
    .option("--json", "print the key as the API has it", false)
    .addHelpText("after", examples + codes)
    .action(async (key: string, { api: url, json, made }: Flags & { made: boolean }) => {
      const { NotThere, useApi } = await loadApi();
      await useApi(context, url, async (api) => {
        const revoked = await api.revokeKey(key, { withMade: made });
        if (!revoked) throw new NotThere(`no key ${key}`);
        if (json) writeJson(context, revoked);
        else context.stdout.write(revoked.withdrawn.map((each) => `${each} is withdrawn\n`).join(""));
      });
    });
}

function createAuditCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue keys audit": "the latest 100",
    "segue keys audit --json --limit 1000 | jq -r '.[] | select(.status >= 400)'":
      "what was refused, for scripts",
  });
  return new Command("audit")
    .summary("who wrote what, with which key")
    .description("Lists the requests that have written something, or tried to: the newest first.")
    .addOption(apiOption())
    .addOption(limitOption(100))
    .option("--json", "print a JSON array of entries as the API has them", false)
    .addHelpText("after", examples + exitCodesText(apiCodes))
    .action(async ({ api: url, json, limit }: Flags & { limit: number }) => {
      const [{ useApi }, { walkPages }] = await Promise.all([loadApi(), import("@segue/client")]);
      await useApi(context, url, async (api) => {
        const entries: AuditEntry[] = [];
        const walk = walkPages(limit, async (cursor, left) => {
          const asked = { limit: Math.min(1_000, left), cursor: cursor ?? undefined };
          const { entries: items, nextCursor } = await api.readAudit(asked);
          return { items, nextCursor };
        });
        for await (const entry of walk) entries.push(entry);
        if (json) writeJson(context, entries);
        else context.stdout.write(`${renderAudit(entries)}\n`);
      });
    });
}
