import { InvalidArgumentError } from "commander";

/** V8's own. */
export const defaultInspectPort = 9229;

/** For `--inspect [port]`. */
export function parseInspectPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError("expected a port number from 0 (any) to 65535.");
}
