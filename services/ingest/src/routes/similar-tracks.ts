import type { SimilarFound } from "@segue/catalog-db";
import { SimilarQuery, SimilarTracks, TrackId, vectorFactsOf } from "@segue/contracts";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { trackUrl } from "../describe-track.ts";
import { findTrack } from "../find-track.ts";
import { ownerOf } from "../owner-of.ts";
import { ProblemError } from "../problem-error.ts";
import { readConditions } from "../search/read-conditions.ts";
import { readSearched } from "../search/read-searched.ts";
import { problems } from "./problems.ts";

/** `GET /v1/tracks/:id/similar`: tracks that sound like one, by the vectors that kinds give. */
export function similarTracksRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "listSimilarTracks",
    summary: "Tracks that are most like one, among those that are as it is asked for",
    params: z.object({ id: TrackId }),
    querystring: SimilarQuery,
    response: { 200: SimilarTracks, ...problems(400, 404, 409, 410, 503) },
  };
  app.get("/v1/tracks/:id/similar", { schema }, async (request) => {
    const { id } = request.params;
    const { by, limit, ...filters } = request.query;
    const owner = ownerOf(request);
    const conditions = readConditions(filters, await readSearched(context));
    const [{ isComplete }, found] = await Promise.all([
      context.search.progress(),
      context.search.similar({ owner, id, by: by?.trim(), conditions, limit }),
    ]);
    if (found.type !== "found") return refuse(context, { id, owner, by }, found);
    const { fact, model, hits, isExact } = found;
    const base = baseUrl(context, request);
    return {
      ...{ by: fact, model, isExact, isComplete },
      tracks: hits.map(({ shown: facts, ...hit }) => ({ ...hit, url: trackUrl(base, hit.id), facts })),
    };
  });
}

/** @throws {ProblemError} `not-found`; `no-vector`, with the kinds that could give one. */
async function refuse(
  context: ApiContext,
  { id, owner, by }: { readonly id: string; readonly owner: string; readonly by: string | undefined },
  { type }: SimilarFound,
): Promise<never> {
  // Search hears of a track some seconds after it is there.
  if (type === "no-track") await findTrack(context, id, owner);
  const kinds = context.chain.kinds.flatMap(vectorFactsOf);
  const wanted = by === undefined ? "" : ` by "${by.slice(0, 80)}"`;
  const could =
    kinds.length === 0
      ? "no kind of this fleet gives a vector"
      : `these kinds can give one: ${kinds.map(({ name, kind }) => `${kind} (${name})`).join(", ")}`;
  throw new ProblemError("no-vector", `the track has no vector that it could be compared${wanted}; ${could}`);
}
