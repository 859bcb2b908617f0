import type { FastifyReply } from "fastify";

/** Tells caches that an answer is another for another value of a request's header. @param name in lower case. */
export function varyBy(reply: FastifyReply, name: string): void {
  const said = [reply.getHeader("vary") ?? []].flat().map(String);
  if (!said.includes(name)) reply.header("vary", [...said, name]);
}
