// One service of a fleet as a process: `node service-main.ts NAME FLEET_URL`. What `segue service` is to people, this is to launchers.
import { refuseUnknownVariables } from "@segue/telemetry/env";
import { runService } from "./run-service.ts";
import { describeFailure, isOfSurroundings, renderFailure } from "./service-failure.ts";

const [name = "", fleetUrl = ""] = process.argv.slice(2);
const { env, stderr } = process;
try {
  refuseUnknownVariables(env);
  await runService(name, fleetUrl, env);
} catch (error) {
  const words = describeFailure(error, env.SEGUE_LOG_LEVEL);
  stderr.write(stderr.isTTY ? `segue: ${words}\n` : renderFailure(name, words));
  process.exitCode = isOfSurroundings(error) ? 3 : 1;
}
