import { once } from "node:events";
import { resolve } from "node:path";
import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes, examplesText, exitCodesText } from "../command-exit-codes.ts";
import { fleetOption, fleetUrlOf } from "../fleet/project-fleet.ts";
import { givenCloud } from "./given-cloud.ts";
import { parsePort } from "./port-option.ts";

interface Flags {
  readonly data: string;
  readonly port?: number;
  readonly fleet?: string;
  readonly json: boolean;
}

/** Where the fleet's cloud is, as services and other commands are told. */
const cloudVariables = [
  "GOOGLE_CLOUD_PROJECT",
  "PUBSUB_EMULATOR_HOST",
  "SEGUE_GCS_ENDPOINT",
  "DATABASE_URL",
] as const;

/** `segue up`: the fleet on this machine, and nothing sent through it. */
export function createUpCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue up": "until Ctrl-C, which drains",
    "segue up --fleet team.config.ts --data /mnt/big/segue": "another fleet, state elsewhere",
    "segue up --json | head -1": "for scripts: where everything is",
  });
  const codes = exitCodesText({ succeeded: "it was stopped", failed: "it could not be started" });
  return new Command("up")
    .summary("start the fleet on this machine, and send nothing through it")
    .description(
      "Starts the local cloud and every service, and tells where they are, as lines for a shell: other commands and services\n" +
        "of yours find them so. What the environment names of a cloud is used in place of the local part.",
    )
    .option("--data <dir>", "folder for all state", ".segue")
    .option("--port <number>", "the API's port; another one is taken if it is in use", parsePort)
    .option(...fleetOption)
    .option("--json", "print { apiUrl, env } as JSON when it is up", false)
    .addHelpText("after", examples + codes)
    .action((flags: Flags) => runUp(context, flags));
}

async function runUp(context: CommandContext, flags: Flags): Promise<void> {
  const [{ startFleet }, { listenForInterrupts }] = await Promise.all([
    import("../fleet/start-fleet.ts"),
    import("./interrupts.ts"),
  ]);
  const { cwd, env } = context.config;
  const interrupts = listenForInterrupts();
  const say = (line: string) => void context.stderr.write(`${line}\n`);
  try {
    const fleet = await startFleet({
      dataDir: resolve(cwd, flags.data),
      fleetUrl: fleetUrlOf(flags.fleet, cwd),
      env: givenCloud(env),
      log: say,
      ...(flags.port === undefined ? {} : { apiPort: flags.port }),
    });
    interrupts.onSecond = () => say("Still draining; a third Ctrl-C kills what is running.");
    interrupts.onThird = () => void fleet.kill();
    const where = cloudVariables.map((name) => [name, fleet.env[name] ?? ""] as const);
    if (flags.json) writeJson(context, { apiUrl: fleet.apiUrl, env: Object.fromEntries(where) });
    else {
      const lines = where.map(([name, value]) => `export ${name}=${value}`);
      context.stdout.write(`API  ${fleet.apiUrl}\n${lines.join("\n")}\n`);
      say("Ctrl-C stops everything.");
    }
    if (!interrupts.signal.aborted) await once(interrupts.signal, "abort");
    await fleet.stop();
  } catch (error) {
    say(`The fleet could not be started: ${error instanceof Error ? error.message : String(error)}`);
    context.onExitCode(commandExitCodes.failed);
  } finally {
    interrupts[Symbol.dispose]();
  }
}
