import type { FastifyRequest } from "fastify";
import { callerOf } from "./caller.ts";

/** What somebody may see. */
export interface Sight {
  /** Whose tracks. */
  readonly owner: string;
  /**
   * Whether they see how work was done: on what machine, when, at what cost, and whether there was anything to do. Results are shared by all tracks of one master, and
   * that one was there already tells of another owner's track.
   */
  readonly sees: boolean;
}

export function sightOf(request: FastifyRequest): Sight {
  const { owner, scopes } = callerOf(request);
  return { owner, sees: scopes.has("operate") };
}
