import { Command, CommanderError } from "commander";
import { readCliConfig } from "./config.ts";
import { createPlanCommand } from "./plan/plan-command.ts";
import { exitCodes } from "./start/exit-codes.ts";
import { createStartCommand } from "./start/start-command.ts";

const config = readCliConfig();

const program = new Command("segue")
  .description("make for audio catalogs, run over a queue")
  .showHelpAfterError("(--help shows what is expected)")
  .configureHelp({ helpWidth: 100 })
  .exitOverride();

program.addCommand(
  createStartCommand(config, (code) => {
    process.exitCode = code;
  }).copyInheritedSettings(program),
);

program.addCommand(
  createPlanCommand(
    config.env.DATABASE_URL,
    { write: (text) => process.stdout.write(text), fail: (text) => process.stderr.write(text) },
    (code) => {
      process.exitCode = code;
    },
  ).copyInheritedSettings(program),
);

program.addCommand(
  new Command("service")
    .summary("run one service of a fleet; `start` does this for each")
    .argument("<name>", "a service of the fleet")
    .requiredOption("--fleet <url>", "module that exports the fleet")
    .copyInheritedSettings(program)
    .action(async (name: string, { fleet }: { fleet: string }) => {
      const { runService } = await import("./service-command.ts");
      await runService(name, fleet, config.env);
    }),
);

try {
  await program.parseAsync();
} catch (error) {
  // Commander has said what is wrong; help and the like end it with code 0.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
}
