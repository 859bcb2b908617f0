import type { FastifyReply, FastifyRequest } from "fastify";
import type { Api } from "./api-context.ts";
import { ProblemError } from "./problem-error.ts";

/** Longer than a list of 200 ids with their commas escaped: longer URLs lead nowhere. */
const maxUrlLength = 10_000;

interface Route {
  readonly path: RegExp;
  readonly methods: Set<string>;
}

/**
 * Answers requests that no route takes, before their bodies are read: 404, or, where another method leads somewhere, 405
 * with `Allow`. OPTIONS is answered there, too.
 */
export function refuseUnknown(app: Api): void {
  const routes = new Map<string, Route>();
  app.addHook("onRoute", ({ url, method }) => {
    const route = routes.get(url) ?? { path: asPattern(url), methods: new Set(["OPTIONS"]) };
    for (const name of [method].flat()) route.methods.add(name);
    routes.set(url, route);
  });
  const allowedAt = (path: string) =>
    [...routes.values()].flatMap((route) => (route.path.test(path) ? [...route.methods] : []));

  app.addHook("onRequest", async (request, reply) => {
    if (request.url.length > maxUrlLength) {
      const detail = `expected at most ${maxUrlLength} characters; the URL has ${request.url.length}`;
      throw new ProblemError("url-too-long", detail);
    }
    if (request.is404 || hasEmptyParameter(request)) return refuse(request, reply, allowedAt);
  });
}

/** The router takes `/v1/tracks/` for the track without an id. */
function hasEmptyParameter({ params }: FastifyRequest): boolean {
  return Object.values(params ?? {}).includes("");
}

function refuse(
  { method, url }: FastifyRequest,
  reply: FastifyReply,
  allowedAt: (path: string) => string[],
): FastifyReply {
  const path = url.split("?", 1)[0] ?? url;
  const methods = [...new Set(allowedAt(path))].sort();
  const allowed = methods.join(", ");
  if (method === "OPTIONS" && url === "*") return reply.code(204).send();
  // A path may look like a route's without being one's: an extension that is empty. It is not the method's fault.
  if (allowed === "" || (method !== "OPTIONS" && methods.includes(method)))
    throw new ProblemError("not-found", `nothing answers ${method} ${path}`);
  if (method === "OPTIONS") return reply.code(204).header("allow", allowed).send();
  const detail = `${path} takes ${allowed}; it does not take ${method}`;
  throw new ProblemError("method-not-allowed", detail, { headers: { allow: allowed } });
}

/** Paths that a route's URL stands for; a parameter is one segment. */
function asPattern(url: string): RegExp {
  const segments = url.split("/").map((segment) => {
    return segment.startsWith(":") ? "[^/]+" : segment.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${segments.join("/")}$`);
}
