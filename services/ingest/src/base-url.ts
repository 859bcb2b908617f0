import type { FastifyRequest } from "fastify";
import type { ApiContext } from "./api-context.ts";

/** What URLs in answers start with: the configured address, else the one that the client itself has used. */
export function baseUrl({ config }: Pick<ApiContext, "config">, request: FastifyRequest): string {
  return config.publicUrl ?? `${request.protocol}://${request.host || listensAt(request)}`;
}

/** HTTP/1.0 knows requests without a Host. */
function listensAt({ socket: { localAddress = "", localPort } }: FastifyRequest): string {
  return `${localAddress.includes(":") ? `[${localAddress}]` : localAddress}:${localPort}`;
}
