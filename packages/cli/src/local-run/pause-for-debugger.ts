import inspector from "node:inspector";

/** Opens the inspector on the loopback interface, says where, and waits until a debugger has come. */
export function waitForDebugger(port: number): void {
  inspector.open(port, "127.0.0.1");
  inspector.waitForDebugger();
}

/** Whoever steps out of here is in the step's `run`. */
export function pauseHere(): void {
  // biome-ignore lint/suspicious/noDebugger: to stop here is what the user has asked for.
  debugger;
}
