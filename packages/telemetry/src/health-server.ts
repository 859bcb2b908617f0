import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { findForeignHost, isLoopbackName } from "@segue/loopback-guard";
import type { Reason } from "./readiness.ts";

export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export interface HealthServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** None while the process can do its work. */
  reasonsNotReady(): readonly Reason[];
  /** Prometheus text. */
  collectMetrics(): Promise<string>;
}

export interface HealthServer extends AsyncDisposable {
  /** The port it listens on. */
  readonly port: number;
  /** Stops listening and drops open connections: a probe or a scrape is never worth waiting for. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
}

/**
 * Serves `/healthz` (200 for as long as the event loop turns), `/readyz` (200, or 503 with the reasons, as JSON)
 * and `/metrics`.
 *
 * @throws the listen error, such as EADDRINUSE.
 */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    void answer(request, options).then((given) => send(response, given));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("expected a TCP address");
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port: address.port, close, [Symbol.asyncDispose]: close };
}

async function answer(request: IncomingMessage, options: HealthServerOptions): Promise<Answer> {
  // Beyond loopback, probes and scrapes call it whatever their network does.
  const stranger = isLoopbackName(options.host) ? findForeignHost(request.headers, []) : undefined;
  if (stranger !== undefined) return { status: 421, body: `${stranger}\n` };
  if (request.method !== "GET" && request.method !== "HEAD") return { status: 405, body: "use GET\n" };
  switch (request.url?.split("?", 1)[0]) {
    case "/healthz":
      return { status: 200, body: "ok\n" };
    case "/readyz":
      return readiness(options);
    case "/metrics":
      return metrics(options);
    default:
      return { status: 404, body: "there are /healthz, /readyz and /metrics\n" };
  }
}

function readiness({ reasonsNotReady }: HealthServerOptions): Answer {
  const reasons = tellReasons(reasonsNotReady);
  const isReady = reasons.length === 0;
  const body = `${JSON.stringify({ status: isReady ? "ready" : "not-ready", reasons })}\n`;
  return { status: isReady ? 200 : 503, body, type: "application/json; charset=utf-8" };
}

function tellReasons(tell: HealthServerOptions["reasonsNotReady"]): readonly Reason[] {
  try {
    return tell();
  } catch (error) {
    return [{ what: "readiness", why: `it could not be told: ${String(error)}` }];
  }
}

async function metrics({ collectMetrics }: HealthServerOptions): Promise<Answer> {
  try {
    return { status: 200, body: await collectMetrics(), type: METRICS_CONTENT_TYPE };
  } catch (error) {
    return { status: 500, body: `metrics could not be collected: ${String(error)}\n` };
  }
}

function send(response: ServerResponse, { status, body, type }: Answer): void {
  response.writeHead(status, {
    "content-type": type ?? "text/plain; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
  });
  response.end(body);
}
