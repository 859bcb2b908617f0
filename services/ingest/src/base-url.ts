import type { FastifyRequest } from "fastify";
import type { ApiContext } from "./api-context.ts";

/** What URLs in answers start with: the configured address, else the one that the client itself has used. */
export function baseUrl({ config }: Pick<ApiContext, "config">, request: FastifyRequest): string {
  return config.publicUrl ?? `${request.protocol}://${request.host}`;
}
