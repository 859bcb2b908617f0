import type { AnyStep } from "@segue/step";

/** The step, stopping in a debugger just before its `run`. */
export async function inspected(step: AnyStep, port: number): Promise<AnyStep> {
  const { waitForDebugger, pauseHere } = await import("./pause-for-debugger.ts");
  waitForDebugger(port);
  return {
    ...step,
    run: (...args: Parameters<AnyStep["run"]>) => {
      pauseHere();
      return step.run(...args);
    },
  };
}
