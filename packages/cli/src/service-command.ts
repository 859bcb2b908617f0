import { Command } from "commander";
import { exitCodesText } from "./command-exit-codes.ts";
import type { CliConfig } from "./config.ts";
import { fleetOption, fleetUrlOf } from "./fleet-option.ts";

const codes = exitCodesText({
  succeeded: "it was told to stop, and has drained",
  failed: "it could not start",
  unreachable: "the environment is wrong, or the fleet has no such service",
});

/** `segue service`: one service of a fleet, as `start` and a container run it. */
export function createServiceCommand(config: CliConfig): Command {
  return new Command("service")
    .summary("run one service of a fleet; `start` does this for each")
    .description(
      "Runs one service until SIGTERM or Ctrl-C, which drain it. One JSON line says that it is ready.",
    )
    .argument("<name>", "a service of the fleet")
    .option(...fleetOption)
    .addHelpText("after", codes)
    .action(async (name: string, { fleet }: { fleet?: string }) => {
      const { runService } = await import("@segue/host");
      await runService(name, fleetUrlOf(fleet, config.cwd), config.env);
    });
}
