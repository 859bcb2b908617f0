import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";

/** Node opens its inspector on it, on a thread of its own: in the middle of a loop too. On any free port. */
const signal = "SIGUSR1";
export const stackFlags = ["--inspect-port=0"] as const;
const listening = /Debugger listening on (ws:\S+)/g;

const openMs = 3_000;
const pauseMs = 1_500;
const lookMs = 50;
const shownFrames = 8;

const Paused = z.object({
  method: z.literal("Debugger.paused"),
  params: z.object({
    callFrames: z.array(
      z.object({
        functionName: z.string(),
        url: z.string(),
        location: z.object({ lineNumber: z.int() }),
      }),
    ),
  }),
});

/**
 * Where a process that was started with `stackFlags` is in its code, innermost first, in words. One that is stopped does not say. It is left
 * as it stands, with its inspector open, for the one who ends it.
 *
 * @param logFile where what it says on standard error goes.
 */
export async function askForStack(kill: (signal: NodeJS.Signals) => void, logFile: string): Promise<string> {
  if (process.platform === "win32") return "no stack is to be had on Windows";
  const said = (await readFile(logFile)).length;
  kill(signal);
  for (let waitedMs = 0; waitedMs < openMs; waitedMs += lookMs) {
    await delay(lookMs);
    const text = (await readFile(logFile)).subarray(said).toString();
    const url = [...text.matchAll(listening)].at(-1)?.[1];
    if (url !== undefined) return pause(url);
  }
  return "it does not say where in its code it is";
}

function pause(url: string): Promise<string> {
  const inspector = new WebSocket(url);
  const found = new Promise<string>((resolve) => {
    inspector.addEventListener("message", ({ data }) => {
      const paused = Paused.safeParse(JSON.parse(String(data)));
      if (!paused.success) return;
      const frames = paused.data.params.callFrames.slice(0, shownFrames);
      resolve(`it is in ${frames.map(describeFrame).join(" < ")}`);
    });
    inspector.addEventListener("error", () => resolve("it does not say where in its code it is"));
    inspector.addEventListener("open", () => {
      for (const [id, method] of ["Debugger.enable", "Debugger.pause"].entries())
        inspector.send(JSON.stringify({ id, method }));
    });
  });
  const idle = delay(pauseMs, "it computes nothing", { ref: false });
  return Promise.race([found, idle]).finally(() => inspector.close());
}

function describeFrame({
  functionName,
  url,
  location,
}: z.infer<typeof Paused>["params"]["callFrames"][number]) {
  return `${functionName || "(no name)"} (${url}:${location.lineNumber + 1})`;
}
