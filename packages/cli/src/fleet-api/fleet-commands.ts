import type { ApiClient, TrackFilter } from "@segue/client";
import { TrackState, type TrackSummary } from "@segue/contracts";
import { printable, shorten } from "@segue/wording";
import { Command, Option } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption, limitOption } from "./api-options.ts";
import { createReproduceCommand } from "./reproduce-command.ts";

interface Flags {
  api?: string;
  json: boolean;
  limit: number;
  state?: TrackSummary["state"];
}

const loadApi = () => import("./use-api.ts");

async function collectTracks(
  api: ApiClient,
  limit: number,
  filter: TrackFilter = {},
): Promise<TrackSummary[]> {
  const { walkTracks } = await import("@segue/client");
  const tracks: TrackSummary[] = [];
  for await (const track of walkTracks(api, limit, filter)) tracks.push(track);
  return tracks;
}

/** `segue status`: how a running fleet does. */
export function createStatusCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue status": "of the fleet on this machine",
    "segue status --api https://segue.example.org --json": "of another one, for scripts",
  });
  return new Command("status")
    .summary("how a running fleet does: states, latency, what waits")
    .description(
      "Counts the newest tracks of a running fleet by state, with their latency and what they wait for, and warns where\n" +
        "builds of ffmpeg of more than one family made results of one version of a step in the last day.",
    )
    .addOption(apiOption())
    .addOption(limitOption(1000))
    .option(
      "--json",
      "print { tracks, states, latencyMs, oldestUnfinished, waiting, tools, warnings } as JSON",
      false,
    )
    .addHelpText("after", examples + exitCodesText(apiCodes))
    .action(async ({ api: url, json, limit }: Flags) => {
      const [{ useApi }, { renderStatus, summariseFleet }] = await Promise.all([
        loadApi(),
        import("./summarise-fleet.ts"),
      ]);
      await useApi(context, url, async (api) => {
        const inUse = await api.readTools();
        const status = summariseFleet(await collectTracks(api, limit), inUse);
        if (json) writeJson(context, status);
        else context.stdout.write(`${renderStatus(status)}\n`);
      });
    });
}

/** `segue tracks`: the newest tracks. */
export function createTracksCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue tracks": "the newest 50",
    "segue tracks --state failed --limit 10000": "the newest 10 000 that failed",
    "segue tracks --json | jq -r '.[].id'": "for scripts",
  });
  return new Command("tracks")
    .summary("list the newest tracks of a running fleet")
    .description("Lists tracks of a running fleet, the newest first.")
    .addOption(apiOption())
    .addOption(limitOption(50))
    .addOption(new Option("--state <state>", "only those in this state").choices(TrackState.options))
    .option("--json", "print a JSON array of tracks as the API lists them", false)
    .addHelpText("after", examples + exitCodesText(apiCodes))
    .action(async ({ api: url, json, limit, state }: Flags) => {
      const [{ useApi }, { renderTracks }] = await Promise.all([loadApi(), import("./track-text.ts")]);
      await useApi(context, url, async (api) => {
        const tracks = await collectTracks(api, limit, state === undefined ? {} : { state });
        if (json) writeJson(context, tracks);
        else context.stdout.write(`${renderTracks(tracks)}\n`);
      });
    });
}

/** `segue failed`: what went wrong, by code and step; `segue failed show`: of one track. */
export function createFailedCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue failed": "codes and steps, the most frequent first",
    "segue failed show 01a1fddc-6e90-78a3-813c-ac538a3eb774": "one track, with what to do",
  });
  return new Command("failed")
    .summary("failures of a running fleet by last error and step")
    .description(
      "Groups the failures of tracks that failed, in whole or in part, by the last error of all attempts, and by step.",
    )
    .enablePositionalOptions()
    .addOption(apiOption())
    .addOption(limitOption(10_000))
    .option("--json", "print a JSON array of { code, step, message, count, example }", false)
    .addHelpText("after", examples + exitCodesText(apiCodes))
    .action(async ({ api: url, json, limit }: Flags) => {
      const [{ useApi }, { groupFailures }, { formatColumns }] = await Promise.all([
        loadApi(),
        import("./group-failures.ts"),
        import("../format-columns.ts"),
      ]);
      await useApi(context, url, async (api) => {
        const groups = groupFailures(await collectTracks(api, limit, { failed: "true" }));
        if (json) return writeJson(context, groups);
        const rows = groups.map(({ code, step, message, count, example }) => [
          String(count),
          code,
          step,
          example,
          shorten(printable(message), 100),
        ]);
        const head = ["COUNT", "CODE", "STEP", "NEWEST TRACK", "IN ITS WORDS"];
        context.stdout.write(`${formatColumns([head, ...rows])}\n`);
      });
    })
    .addCommand(createFailedShowCommand(context))
    .addCommand(createReproduceCommand(context));
}

function createFailedShowCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue failed show 01a1fddc-6e90-78a3-813c-ac538a3eb774": "its errors, and what to do",
  });
  const codes = exitCodesText({ ...apiCodes, failed: "there is no such track" });
  const command = new Command("show")
    .summary("the failures of one track with their whole story, and what to do")
    .description(
      "Shows the failed steps of a track: what happened, what it means, what to do; then every attempt, with worker, version,\n" +
        "model and input addresses, and what its dead letters tell.",
    )
    .argument("<id>", "the track's id")
    .addOption(apiOption())
    .option(
      "--json",
      "print a JSON array of the failed steps, each with its attempts and dead letters",
      false,
    )
    .addHelpText("after", examples + codes);
  return command.action(async (id: string, { api: url, json }: Flags) => {
    const [{ checkTrackId, NotThere, readTrack, useApi }, { renderStory, tellFailures }] = await Promise.all([
      loadApi(),
      import("./failure-story.ts"),
    ]);
    checkTrackId(command, id);
    await useApi(context, url, async (api) => {
      const track = await readTrack(api, id);
      const history = await api.readHistory(id);
      if (!history) throw new NotThere(`no track ${id}`);
      const stories = tellFailures(track, history);
      if (json) return writeJson(context, stories);
      const text = stories.map(renderStory).join("\n\n") || "no step of this track has failed";
      context.stdout.write(`${text}\n`);
    });
  });
}
