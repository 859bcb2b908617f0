import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { fleetOption, fleetUrlOf } from "../fleet-option.ts";
import { apiCodes, apiOption } from "./api-options.ts";

interface Flags {
  api?: string;
  json: boolean;
  fleet?: string;
}

const codes = exitCodesText({ ...apiCodes, failed: "there is no such track" });
const loadApi = () => import("./use-api.ts");

/** `segue track`: all that is known of one. */
export function createTrackCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue track 01a1fddc-6e90-78a3-813c-ac538a3eb774": "its steps, errors and results",
  });
  const command = new Command("track")
    .summary("show one track of a running fleet")
    .description("Shows a track: its state, every step's outcome, errors in words, results.")
    .argument("<id>", "the track's id")
    .addOption(apiOption())
    .option("--json", "print the track as the API has it", false)
    .addHelpText("after", examples + codes);
  return command.action(async (id: string, { api: url, json }: Flags) => {
    const [{ checkTrackId, readTrack, useApi }, { renderTrack }, { KnownKinds }] = await Promise.all([
      loadApi(),
      import("./track-text.ts"),
      import("../start/known-kinds.ts"),
    ]);
    checkTrackId(command, id);
    await useApi(context, url, async (api) => {
      const track = await readTrack(api, id);
      if (json) return writeJson(context, track);
      const kinds = await new KnownKinds(api).of(track, new AbortController().signal);
      context.stdout.write(`${renderTrack(track, kinds)}\n`);
    });
  });
}

/** `segue trace`: where a track's time went. */
export function createTraceCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue trace 01a1fddc-6e90-78a3-813c-ac538a3eb774": "a waterfall of its steps",
  });
  const command = new Command("trace")
    .summary("show where a track's time went, as a waterfall")
    .description(
      "Draws a track's steps over time: how long each waited after its inputs were there, how long its last\n" +
        "attempt ran, and at which delivery. What a step needs is read from the fleet's definition.",
    )
    .argument("<id>", "the track's id")
    .addOption(apiOption())
    .option("--json", "print a JSON array of steps, in ms since the track was accepted", false)
    .option(...fleetOption)
    .addHelpText("after", examples + codes);
  return command.action(async (id: string, { api: url, json, fleet }: Flags) => {
    const [{ checkTrackId, readTrack, useApi }, { loadFleet }, { renderTrace, traceTrack }] =
      await Promise.all([loadApi(), import("@segue/step"), import("./trace-track.ts")]);
    checkTrackId(command, id);
    const { chain } = await loadFleet(fleetUrlOf(fleet, context.config.cwd));
    const ancestorsOf = (name: string) => {
      const step = chain.steps.find((other) => other.name === name);
      return step ? [...chain.ancestorsOf(step)].map((other) => other.name) : [];
    };
    await useApi(context, url, async (api) => {
      const track = await readTrack(api, id);
      const history = await api.readHistory(id);
      const steps = traceTrack(track, ancestorsOf, history?.deadLetters);
      if (json) writeJson(context, steps);
      else context.stdout.write(`${renderTrace(track, steps)}\n`);
    });
  });
}
