import { subscribe, unsubscribe } from "node:diagnostics_channel";

const CHANNEL = "http2.server.stream.created";
const HEADER = "grpc-timeout";
/** Some 23 days: Node's timers take 2^31 ms at most, and end at once for anything beyond. */
const LONGEST_SEC = 1_999_999;
const MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/**
 * Bounds the deadlines of calls to this process. Python's client sends ordered messages with a deadline of 2^32 s: grpc-js
 * puts that into a timer, which ends at once, so that each is stored, answered with DEADLINE_EXCEEDED and sent again.
 * Returns how to stop that.
 */
export function clampDeadlines(): () => void {
  const onStream = (message: unknown) => {
    const headers = headersOf(message);
    const match = /^(\d{1,8})([HMSmun])$/.exec(String(headers?.[HEADER] ?? ""));
    if (!headers || !match) return;
    const ms = Number(match[1]) * (MS[match[2] ?? "m"] ?? 1);
    if (ms > LONGEST_SEC * 1000) headers[HEADER] = `${LONGEST_SEC}S`;
  };
  subscribe(CHANNEL, onStream);
  return () => {
    unsubscribe(CHANNEL, onStream);
  };
}

/** The headers that grpc-js is about to read. */
function headersOf(message: unknown): Record<string, unknown> | null {
  if (typeof message !== "object" || message === null || !("headers" in message)) return null;
  const { headers } = message;
  return typeof headers === "object" && headers !== null ? (headers as Record<string, unknown>) : null;
}
