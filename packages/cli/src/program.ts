import { Command } from "commander";
import manifest from "../../../package.json" with { type: "json" };
import { createAddCommand } from "./add/add-command.ts";
import type { CommandContext } from "./command-context.ts";
import { createCompletionCommand } from "./completion/completion-command.ts";
import { createCorrectCommand } from "./corrections/correct-command.ts";
import { createCorrectionsCommand } from "./corrections/corrections-command.ts";
import { createDoctorCommand } from "./doctor/doctor-command.ts";
import { createExportCommand } from "./export/export-command.ts";
import { createFailedCommand, createStatusCommand, createTracksCommand } from "./fleet-api/fleet-commands.ts";
import { createHistoryCommand } from "./fleet-api/history-command.ts";
import { createPingCommand } from "./fleet-api/ping-command.ts";
import { createReplayCommand } from "./fleet-api/replay-command.ts";
import { createTraceCommand, createTrackCommand } from "./fleet-api/track-commands.ts";
import { createGraphCommand } from "./graph/graph-command.ts";
import { createKeysCommand } from "./keys/keys-command.ts";
import { createRunCommand } from "./local-run/run-command.ts";
import { createLogsCommand } from "./logs/logs-command.ts";
import { createMakeCommand } from "./make/make-command.ts";
import { createModelsCommand } from "./models/models-command.ts";
import { createPlanCommand } from "./plan/plan-command.ts";
import { createProfileCommand } from "./profile/profile-command.ts";
import { createRemoveCommand } from "./remove/remove-command.ts";
import { createNewCommand } from "./scaffold/new-command.ts";
import { createPlaylistCommand } from "./search/playlist-command.ts";
import { createSearchCommand } from "./search/search-command.ts";
import { createSimilarCommand } from "./search/similar-command.ts";
import { createServiceCommand } from "./service-command.ts";
import { createShadowCommand } from "./shadow/shadow-command.ts";
import { createSimulateCommand } from "./simulate/simulate-command.ts";
import { createStartCommand } from "./start/start-command.ts";
import { createUpCommand } from "./start/up-command.ts";
import { createTagCommand } from "./tag/tag-command.ts";
import { createDeleteCommand } from "./takedown/delete-command.ts";
import { createTakedownCommand } from "./takedown/takedown-command.ts";
import { createVerifyCommand } from "./verify/verify-command.ts";

/** With Node's: what runs it decides as much as what it is. */
function describeVersion(): string {
  return `segue ${manifest.version} (Node ${process.versions.node})`;
}

/** The whole command line. What a command needs is imported when it runs: the others start faster. */
export function createProgram(context: CommandContext): Command {
  const program = new Command("segue")
    .description("make for audio catalogs, run over a queue")
    .version(describeVersion(), "-V, --version", "print the versions of segue and of Node")
    // What follows a subcommand is its own: `failed` and `failed show` have options of the same names.
    .enablePositionalOptions();
  for (const command of [
    createStartCommand(context.config, context.onExitCode),
    createUpCommand(context),
    createAddCommand(context),
    createGraphCommand(context),
    createPlanCommand(context),
    createSimulateCommand(context),
    createMakeCommand(context),
    createRunCommand(context),
    createNewCommand(context),
    createRemoveCommand(context),
    createProfileCommand(context),
    createStatusCommand(context),
    createTracksCommand(context),
    createSearchCommand(context),
    createSimilarCommand(context),
    createPlaylistCommand(context),
    createTagCommand(context),
    createCorrectCommand(context),
    createCorrectionsCommand(context),
    createTrackCommand(context),
    createTraceCommand(context),
    createHistoryCommand(context),
    createExportCommand(context),
    createFailedCommand(context),
    createReplayCommand(context),
    createDeleteCommand(context),
    createTakedownCommand(context),
    createPingCommand(context),
    createKeysCommand(context),
    createShadowCommand(context),
    createLogsCommand(context),
    createVerifyCommand(context),
    createDoctorCommand(context),
    createModelsCommand(context),
    createCompletionCommand(context),
    createServiceCommand(context.config),
  ]) {
    program.addCommand(command);
  }
  applySettings(program, context);
  return program;
}

function applySettings(command: Command, context: CommandContext): void {
  command
    .showHelpAfterError("(--help shows what is expected)")
    .configureHelp({ helpWidth: 100 })
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
    })
    .exitOverride();
  for (const child of command.commands) applySettings(child, context);
}
