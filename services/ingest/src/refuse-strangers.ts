import { isIP } from "node:net";
import { findForeignHost, findForeignPage, isLoopbackName } from "@segue/loopback-guard";
import type { Api, ApiContext } from "./api-context.ts";
import { ProblemError } from "./problem-error.ts";

const readingMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Refuses what pages of strangers have their readers' browsers send, on every route and before anything is read. */
export function refuseStrangers(app: Api, { config }: Pick<ApiContext, "config">): void {
  // Probes ask by address, which nobody can rebind.
  const takesAddresses = !isLoopbackName(config.host);
  app.addHook("onRequest", async ({ raw, hostname, method }) => {
    if ((raw.headersDistinct.host?.length ?? 0) > 1) {
      throw new ProblemError("invalid-request", "Host: expected one header, got several");
    }
    const isAddress = takesAddresses && isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
    const stranger = isAddress
      ? undefined
      : config.hostNames && findForeignHost(raw.headers, config.hostNames);
    if (stranger !== undefined) throw new ProblemError("unknown-host", stranger);
    if (readingMethods.has(method)) return;
    if (raw.headers.origin !== undefined && config.pageOrigins.includes(raw.headers.origin)) return;
    // What the request itself asks for is the page's own server by now.
    const page = findForeignPage(raw.headers, [hostname, ...(config.hostNames ?? [])]);
    if (page !== undefined) throw new ProblemError("foreign-origin", page);
  });
}
