import type { ApiClient } from "@segue/client";
import { type BackfillAction, BackfillId, backfillActions } from "@segue/contracts";
import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption } from "../fleet-api/api-options.ts";

interface Flags {
  readonly api?: string;
  readonly json: boolean;
}

const exampleId = "019ace1e-4c2b-7d1e-9a55-0d4c0a1f3b77";
const codes = exitCodesText({ ...apiCodes, failed: "there is no such backfill, or it is over" });

/** `segue make list, show, pause, resume, cancel`. */
export function createSteerCommands(context: CommandContext): Command[] {
  const list = new Command("list")
    .summary("the latest backfills of a running fleet")
    .description("Lists the latest backfills, and how far each is.")
    .addOption(apiOption())
    .option("--json", "print an array of backfills as the API has them", false)
    .addHelpText(
      "after",
      examplesText({ "segue make list": "all that run, and the latest that are over" }) +
        exitCodesText(apiCodes),
    )
    .action((flags: Flags) =>
      withApi(context, flags, async (api) => {
        const [{ backfills }, { renderBackfills }] = await Promise.all([
          api.listBackfills(),
          import("./render-backfill.ts"),
        ]);
        if (flags.json) writeJson(context, backfills);
        else context.stdout.write(`${renderBackfills(backfills)}\n`);
      }),
    );
  const show = new Command("show")
    .summary("how far a backfill is, and what failed")
    .description("Shows a backfill: what it is about, how far it is, when it may be over, failures by code.")
    .argument("<id>", "the backfill's id")
    .addOption(apiOption())
    .option("--json", "print the backfill as the API has it", false)
    .addHelpText("after", examplesText({ [`segue make show ${exampleId}`]: "now" }) + codes);
  show.action((id: string, flags: Flags) => {
    checkId(show, id);
    return withApi(context, flags, async (api, none) => {
      const [backfill, { renderBackfill }] = await Promise.all([
        api.readBackfill(id),
        import("./render-backfill.ts"),
      ]);
      if (!backfill) throw none(id);
      if (flags.json) writeJson(context, backfill);
      else context.stdout.write(`${renderBackfill(backfill)}\n`);
    });
  });
  return [list, show, ...backfillActions.map((action) => createSteerCommand(context, action))];
}

const meanings: Readonly<Record<BackfillAction, string>> = {
  pause: "Takes up no more tracks; what is under way comes to its end.",
  resume: "Goes on where a pause began.",
  cancel: "Ends a backfill for good; what is under way comes to its end, what is made stays.",
};

function createSteerCommand(context: CommandContext, action: BackfillAction): Command {
  const command = new Command(action)
    .summary(`${action} a backfill`)
    .description(meanings[action])
    .argument("<id>", "the backfill's id")
    .addOption(apiOption())
    .option("--json", "print { id, url } as JSON", false)
    .addHelpText("after", examplesText({ [`segue make ${action} ${exampleId}`]: "" }) + codes);
  return command.action((id: string, flags: Flags) => {
    checkId(command, id);
    return withApi(context, flags, async (api, none) => {
      const receipt = await api.steerBackfill(id, action);
      if (!receipt) throw none(id);
      if (flags.json) writeJson(context, receipt);
      else context.stdout.write(`${action}: sent; see \`segue make show ${id}\`\n`);
    });
  });
}

async function withApi(
  context: CommandContext,
  { api: url }: Flags,
  work: (api: ApiClient, none: (id: string) => Error) => Promise<void>,
): Promise<void> {
  const { NotThere, useApi } = await import("../fleet-api/use-api.ts");
  await useApi(context, url, (api) => work(api, (id) => new NotThere(`no backfill ${id}`)));
}

/** @throws {CommanderError} if an id is none. */
function checkId(command: Command, id: string): void {
  if (!BackfillId.safeParse(id).success)
    command.error(`error: expected a backfill's id (UUID version 7), got "${id}"`);
}
