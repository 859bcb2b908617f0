import type { FleetOptions, RunningFleet } from "@segue/launcher";
import { printable } from "@segue/wording";
import { sayCloudError } from "../say-cloud-error.ts";
import type { Display, DisplayStreams } from "./display.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Interrupts } from "./interrupts.ts";

export interface StartEnvironment extends DisplayStreams {
  startFleet(options: FleetOptions): Promise<RunningFleet>;
  readonly signals: NodeJS.EventEmitter;
  /** Variables of the environment that name parts of a cloud, which is used in place of the local one. */
  readonly given?: readonly string[];
}

export type Running = StartEnvironment & { readonly interrupts: Interrupts; readonly display: Display };

/**
 * Starts a fleet, uses it, and drains it, whatever comes of its use. Ctrl-C asks to stop; the third one kills.
 * @returns the exit code: that of `use` where the fleet could be used.
 */
export async function holdFleet(
  options: Pick<FleetOptions, "dataDir" | "apiPort" | "fleetUrl">,
  { display, interrupts, startFleet, given = [] }: Running,
  use: (fleet: RunningFleet) => Promise<number>,
): Promise<number> {
  // A shell that has read in another fleet's environment would join that one unawares.
  if (given.length > 0)
    display.note(`Not all of the cloud is local: the environment names ${given.join(", ")}.`);
  display.status("starting the local cloud and the fleet ...");
  // Nothing is drained yet: what has been started is told to stop. It ends by itself when this process is gone.
  interrupts.onThird = () => process.kill(process.pid, "SIGKILL");
  interrupts.signal.addEventListener("abort", () => display.status("stopping ..."));
  let fleet: RunningFleet;
  try {
    fleet = await startFleet({ ...options, signal: interrupts.signal, log: (line) => display.note(line) });
  } catch (error) {
    display.status(null);
    if (interrupts.signal.aborted && error === interrupts.signal.reason) {
      display.note("Interrupted while it started; nothing runs.");
      return exitCodes.interrupted;
    }
    display.note(`The fleet could not be started: ${printable(sayCloudError(error))}`);
    return exitCodes.fleetFailed;
  }
  display.status(null);
  interrupts.onSecond = () => display.note("Still draining; a third Ctrl-C kills what is running.");
  interrupts.onThird = () => {
    display.note("Killing what is running.");
    for (const { pid } of fleet.processes()) killProcess(pid);
  };
  try {
    if (interrupts.signal.aborted) return exitCodes.interrupted;
    // 0 asks for any.
    const { apiPort } = options;
    if (apiPort && new URL(fleet.apiUrl).port !== String(apiPort))
      display.note(`Port ${apiPort} is in use; the API took another one.`);
    return await use(fleet);
  } finally {
    if (interrupts.signal.aborted) display.status("draining ...");
    await fleet.stop();
    display.status(null);
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
