import { Command } from "commander";
import { type CliConfig, readCliSettings } from "../config.ts";
import { exitCodesHelp } from "./exit-codes.ts";
import { givenCloud } from "./given-cloud.ts";
import { parsePort } from "./parse-port.ts";

const examples = `
Examples:
  npm start                                       the demo track, composed by the project
  npm start -- song.mp3 albums/ 'more/*.flac'     files, folders with all below them, patterns
  npm start -- --once --out results albums/       results.csv, results.jsonl and assets/, then exit
  npm start -- --once --json albums/ > out.jsonl  for scripts: one JSON value per line, then exit
  npm start -- --data /mnt/big/segue albums/      keep state elsewhere
  npm start -- --port 9000                        the API at another port
  DATABASE_URL=postgres://... npm start           with a Postgres of your own

Interrupted or killed, the same command goes on where it was: accepted tracks are not sent again,
and finished steps are not computed again. Relative paths start at the folder that you are in.`;

interface StartFlags {
  once: boolean;
  data?: string;
  out?: string;
  port?: number;
  json: boolean;
}

/** `segue start`: the fleet on this machine, and audio sent through it. */
export function createStartCommand(config: CliConfig, onExitCode: (code: number) => void): Command {
  return new Command("start")
    .summary("start the fleet on this machine and send audio through it")
    .description(
      "Starts the local cloud and every service, sends audio through the API, shows progress and results.\n" +
        "Without paths it sends a demo track. It stays up until Ctrl-C, which drains and leaves nothing running.",
    )
    .argument("[paths...]", "audio files, folders, patterns in quotes")
    .option("--once", "exit when everything has ended", false)
    .option("--out <dir>", "write results there: results.csv, results.jsonl and assets/")
    .option("--data <dir>", "folder for all state (default: SEGUE_DATA_DIR, else .segue)")
    .option(
      "--port <number>",
      "the API's port (default: SEGUE_API_PORT, else 8080); another one is taken if it is in use",
      parsePort,
    )
    .option("--json", "print JSON lines: ready, track, failure, summary", false)
    .addHelpText("after", `${examples}\n${exitCodesHelp}`)
    .action(async (paths: string[], flags: StartFlags) => {
      // What `start` needs is loaded by nothing else: services start faster.
      const [{ runStart }, { startFleet }] = await Promise.all([
        import("./run-start.ts"),
        import("@segue/launcher"),
      ]);
      const settings = readCliSettings(config);
      const request = {
        paths,
        cwd: config.cwd,
        dataDir: flags.data ?? settings.dataDir,
        apiPort: flags.port ?? settings.apiPort,
        ...(flags.out === undefined ? {} : { outDir: flags.out }),
        once: flags.once,
        json: flags.json,
      };
      const { stdout, stderr } = process;
      const env = givenCloud(config.env);
      onExitCode(
        await runStart(request, {
          stdout,
          stderr,
          startFleet: (options) => startFleet({ ...options, env }),
          signals: process,
          given: Object.keys(env),
        }),
      );
    });
}
