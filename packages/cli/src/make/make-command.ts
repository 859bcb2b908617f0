import {
  type BackfillAction,
  type BackfillRequest,
  defaultInFlight,
  type TrackState,
} from "@segue/contracts";
import { Command, InvalidArgumentError } from "commander";
import type { z } from "zod";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes, examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption } from "../fleet-api/api-options.ts";
import {
  forceOption,
  parseDate,
  parseTrackId,
  stateOption,
  targetsOption,
} from "../plan/selection-options.ts";
import { createSteerCommands } from "./steer-commands.ts";

interface Flags {
  readonly api?: string;
  readonly targets?: string[];
  readonly force?: string[];
  readonly track?: string;
  readonly since?: Date;
  readonly state?: z.infer<typeof TrackState>;
  readonly inFlight: number;
  readonly detach: boolean;
  readonly json: boolean;
}

const codes = exitCodesText({
  ...apiCodes,
  succeeded: "everything that was to be made is there, or the backfill was begun and left (--detach, Ctrl-C)",
  failed: "some tracks failed, or the backfill was cancelled, or a target is unknown",
});

/** `segue make`: a backfill, begun and followed. */
export function createMakeCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue make": "what the catalog lacks, by the chain that the fleet runs",
    "segue make --targets loudness": "a new asset for every track",
    "segue make --since 2026-11-01 --force tempo": "tempo anew, and nothing that follows from it",
    "segue make --state failed --detach": "in the background",
    "segue make pause ID, resume ID, cancel ID": "steer it; `segue make list` names them",
  });
  const command = new Command("make")
    .summary("have what is missing of a running fleet's tracks made, behind what is live")
    .description(
      "Begins a backfill: the fleet goes through its tracks and makes what they lack. It gives way to live tracks, goes\n" +
        "on without this command, and skips what is there: asked for again, it goes on where it was.\n" +
        "See what it would do, and what that costs, with `segue plan`.",
    )
    .enablePositionalOptions()
    .addOption(apiOption())
    .option(...targetsOption)
    .option(...forceOption)
    .option("--track <id>", "one track only", parseTrackId)
    .option("--since <date>", "only tracks accepted since then", parseDate)
    .addOption(stateOption())
    .option("--in-flight <tracks>", "tracks that may be under way at once", parseCount, defaultInFlight)
    .option("--detach", "don't follow it", false)
    .option("--json", "print the backfill as JSON when it is over, or its id with --detach", false)
    .addHelpText("after", examples + codes)
    .action((flags: Flags) => runMake(context, flags));
  for (const subcommand of createSteerCommands(context)) command.addCommand(subcommand);
  return command;
}

async function runMake(context: CommandContext, flags: Flags): Promise<void> {
  const [{ useApi }, { followBackfill }, { renderBackfill }, { listenForInterrupts }] = await Promise.all([
    import("../fleet-api/use-api.ts"),
    import("./follow-backfill.ts"),
    import("./render-backfill.ts"),
    import("../start/interrupts.ts"),
  ]);
  await useApi(context, flags.api, async (api) => {
    const receipt = await api.requestBackfill(requestOf(flags));
    if (flags.detach) {
      if (flags.json) return writeJson(context, receipt);
      return void context.stdout.write(`${receipt.id}\n`);
    }
    const interrupts = listenForInterrupts();
    const end = await followBackfill(api, receipt.id, context.stderr, interrupts.signal);
    interrupts[Symbol.dispose]();
    if (!end) return void context.stderr.write(`${describeLeft(receipt.id)}\n`);
    if (flags.json) writeJson(context, end);
    else context.stdout.write(`${renderBackfill(end)}\n`);
    if (end.state === "cancelled" || end.tracks.failed > 0) context.onExitCode(commandExitCodes.failed);
  });
}

function requestOf({ targets, force, track, since, state, inFlight }: Flags): BackfillRequest {
  return {
    ...(targets ? { targets } : {}),
    ...(force ? { force } : {}),
    ...(track ? { trackId: track } : {}),
    ...(since ? { acceptedSince: since.toISOString() } : {}),
    ...(state ? { state } : {}),
    inFlight,
  };
}

function describeLeft(id: string): string {
  const actions: BackfillAction[] = ["pause", "cancel"];
  const steer = actions.map((action) => `\`segue make ${action} ${id}\``).join(" or ");
  return `The backfill goes on. Look at it with \`segue make show ${id}\`; stop it with ${steer}.`;
}

function parseCount(text: string): number {
  if (/^\d{1,6}$/.test(text) && Number(text) >= 1) return Number(text);
  throw new InvalidArgumentError(`expected a number of tracks from 1, got "${text}"`);
}
