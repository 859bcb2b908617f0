import { once } from "node:events";
import type { RunningFleet } from "@segue/launcher";
import { createDisplay } from "./display.ts";
import { exitCodes } from "./exit-codes.ts";
import { holdFleet, type StartEnvironment } from "./hold-fleet.ts";
import { listenForInterrupts } from "./interrupts.ts";
import { renderEnvironment, shownEnvironment } from "./shown-environment.ts";

export interface UpRequest {
  /** Absolute. */
  readonly dataDir: string;
  readonly apiPort?: number;
  readonly fleetUrl?: string;
  readonly json: boolean;
}

/** Runs `segue up` to its end and returns the exit code. */
export async function runUp({ json, ...options }: UpRequest, environment: StartEnvironment): Promise<number> {
  const { stdout, stderr, signals } = environment;
  const interrupts = listenForInterrupts(signals);
  // Standard output is for shells and scripts; what goes on is told beside it.
  const display = createDisplay({ stdout: stderr, stderr }, { json: false });
  // A reader that went away (`| head`) is no reason to leave a fleet running.
  stdout.on("error", () => signals.emit("SIGTERM"));
  try {
    return await holdFleet(options, { ...environment, interrupts, display }, async (fleet) => {
      stdout.write(`${json ? renderJson(fleet, options.dataDir) : renderLines(fleet, options.dataDir)}\n`);
      display.note("The fleet is up; Ctrl-C drains and stops everything.");
      if (!interrupts.signal.aborted) await once(interrupts.signal, "abort");
      return exitCodes.succeeded;
    });
  } finally {
    display.close();
    interrupts[Symbol.dispose]();
  }
}

function renderJson(fleet: RunningFleet, dataDir: string): string {
  return JSON.stringify({ type: "ready", apiUrl: fleet.apiUrl, dataDir, env: shownEnvironment(fleet) });
}

/** Pasted as a whole, comments included, into a shell. */
function renderLines(fleet: RunningFleet, dataDir: string): string {
  return [`# data  ${dataDir}`, renderEnvironment(shownEnvironment(fleet))].join("\n");
}
