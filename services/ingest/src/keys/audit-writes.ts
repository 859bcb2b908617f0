import type { FastifyReply, FastifyRequest } from "fastify";
import type { Api, ApiContext } from "../api-context.ts";
import { findCaller } from "../caller.ts";

const readingMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
const objects = new WeakMap<FastifyRequest, string>();

/** Says on what a request has written, where neither its path nor its answer's Location does. */
export function noteObject(request: FastifyRequest, id: string): void {
  objects.set(request, id);
}

/** Notes every write with a key that is known, once it is answered: whatever was answered. */
export function auditWrites(app: Api, { access, config, clientOf, now }: ApiContext): void {
  if (config.apiKeys === "off") return;
  app.addHook("onResponse", async (request, reply) => {
    const caller = findCaller(request);
    if (!caller || readingMethods.has(request.method)) return;
    // What whoever operates the fleet does may be about anybody's: it is for those to read who see all.
    const owner = caller.scopes.has("operate") ? null : caller.owner;
    const { schema, url = "", method } = request.routeOptions;
    access.audit.note({
      ...{ at: now().toISOString(), keyId: caller.keyId, owner },
      action: schema?.operationId ?? `${method} ${url}`,
      object: objects.get(request) ?? objectOf(request, reply),
      address: clientOf(request).address,
      requestId: request.id,
      status: reply.statusCode,
    });
  });
}

/** Of what a path says, which is the client's. */
const mostChars = 200;

function objectOf({ params }: FastifyRequest, reply: FastifyReply): string | null {
  const [ofPath] = Object.values(Object(params));
  if (typeof ofPath === "string") return ofPath.slice(0, mostChars);
  const location = reply.getHeader("location");
  return typeof location === "string"
    ? decodeURIComponent(location.slice(location.lastIndexOf("/") + 1))
    : null;
}
