import { resolve } from "node:path";
import { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examplesText } from "../command-exit-codes.ts";
import { readCliSettings } from "../config.ts";
import { fleetOption, fleetUrlOf } from "../fleet-option.ts";
import { exitCodes } from "./exit-codes.ts";
import { givenCloud } from "./given-cloud.ts";
import { parsePort } from "./parse-port.ts";

interface UpFlags {
  readonly data?: string;
  readonly port?: number;
  readonly json: boolean;
  readonly fleet?: string;
}

const codes = `

Exit codes:
  ${exitCodes.succeeded}    it was up, and has been stopped
  ${exitCodes.usage}    the command line is wrong
  ${exitCodes.fleetFailed}    the fleet could not be started
  ${exitCodes.interrupted}  interrupted while it started`;

/** `segue up`: the fleet on this machine, and nothing sent through it. */
export function createUpCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue up": "until Ctrl-C; paste what it prints into another shell",
    "segue up > segue.env": "and there: . ./segue.env",
    "segue up --fleet team.config.ts": "with a step that is about to join",
    "segue up --json": "for scripts: one line when it is up",
  });
  return new Command("up")
    .summary("start the fleet on this machine and keep it up, without sending anything")
    .description(
      "Starts the local cloud and every service as `start` does, and prints where they are as lines for a shell. It\n" +
        "stays up until Ctrl-C, which drains and leaves nothing running.",
    )
    .option("--data <dir>", "folder for all state (default: SEGUE_DATA_DIR, else .segue)")
    .option(
      "--port <number>",
      "the API's port (default: SEGUE_API_PORT, else 8080); another one is taken if it is in use",
      parsePort,
    )
    .option(...fleetOption)
    .option("--json", "print one JSON line { type, apiUrl, dataDir, env } when it is up", false)
    .addHelpText("after", examples + codes)
    .action((flags: UpFlags) => up(context, flags));
}

async function up(context: CommandContext, { data, port, json, fleet }: UpFlags): Promise<void> {
  const { config, stdout, stderr } = context;
  const [{ runUp }, { startFleet }] = await Promise.all([import("./run-up.ts"), import("@segue/launcher")]);
  const settings = readCliSettings(config);
  const request = {
    dataDir: data === undefined ? settings.dataDir : resolve(config.cwd, data),
    apiPort: port ?? settings.apiPort,
    fleetUrl: fleetUrlOf(fleet, config.cwd),
    json,
  };
  const env = givenCloud(config.env);
  context.onExitCode(
    await runUp(request, {
      stdout,
      stderr,
      startFleet: (options) => startFleet({ ...options, env }),
      signals: process,
      given: Object.keys(env),
    }),
  );
}
