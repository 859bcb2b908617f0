import { isDeepStrictEqual } from "node:util";
import type { StoredTrack } from "@segue/catalog-db";
import {
  type CorrectedFacts,
  CorrectedTracks,
  CorrectionHistory,
  CorrectionRequest,
  CorrectionsQuery,
  Name,
  StandingCorrection,
  TrackId,
} from "@segue/contracts";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { describeCorrections, describeHistory } from "../corrections/describe-corrections.ts";
import { readCorrection, requireCorrectable } from "../corrections/read-correction.ts";
import { sayCorrection } from "../corrections/say-correction.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import { trackUrl } from "../describe-track.ts";
import { findTrack } from "../find-track.ts";
import { ownerOf } from "../owner-of.ts";
import { ProblemError } from "../problem-error.ts";
import { problems } from "./problems.ts";

const url = "/v1/tracks/:id/corrections";
const params = z.object({
  id: TrackId,
  kind: Name.meta({ description: "one that has facts which people may correct", examples: ["tempo"] }),
});

/** What people say of tracks where the machine is wrong: their values stand beside its own, and hold in search. */
export function correctionRoutes(app: Api, context: ApiContext): void {
  historyRoute(app, context);
  correctRoute(app, context);
  takeBackRoute(app, context);
  listRoute(app, context);
}

function historyRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "getCorrections",
    summary: "What people say of a track, and all that they have said",
    params: params.pick({ id: true }),
    response: { 200: CorrectionHistory, ...problems(400, 404, 410, 503) },
  };
  app.get(url, { schema }, async (request) => {
    const track = await findKnown(context, request, request.params.id);
    return {
      corrections: describeCorrections(track, context.chain.kinds),
      history: describeHistory(await context.catalog.corrections(track.id)),
    };
  });
}

function correctRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "correctTrack",
    summary: "Say what a track is where the machine is wrong",
    description:
      "Takes the place of what was said of this kind before; the machine's facts stay as they are. Search, counts and playlists go by what a person says, whatever is computed " +
      "later. The same again changes nothing.",
    params,
    body: CorrectionRequest,
    response: { 200: StandingCorrection, ...problems(400, 404, 410, 503) },
  };
  app.put(`${url}/:kind`, { schema }, async (request) => {
    const { id, kind: name } = request.params;
    const { facts: given, author, note } = request.body;
    const kind = requireCorrectable(context.chain.kinds, name);
    const facts = readCorrection(kind, given);
    const track = await findKnown(context, request, id);
    if (!isSaid(track.corrections, name, facts))
      await sayCorrection(context, request, track, { kind: name, facts, author, note });
    return requireStanding(
      describeCorrections(await findKnown(context, request, id), context.chain.kinds),
      name,
    );
  });
}

function takeBackRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "takeBackCorrection",
    summary: "Take back what was said of a track: the machine's facts hold again",
    params,
    response: { 204: z.null().describe("It is taken back"), ...problems(400, 404, 410, 503) },
  };
  app.delete(`${url}/:kind`, { schema }, async (request, reply) => {
    const { id, kind } = request.params;
    const track = await findKnown(context, request, id);
    if (!track.corrections.some((each) => each.kind === kind))
      throw new ProblemError("not-found", `there is no correction of ${kind}`);
    await sayCorrection(context, request, track, { kind, facts: null });
    return reply.code(204).send(null);
  });
}

function listRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "listCorrections",
    summary: "Tracks that people have corrected, or those on which they and the machine disagree",
    querystring: CorrectionsQuery,
    response: { 200: CorrectedTracks, ...problems(400, 503) },
  };
  app.get("/v1/corrections", { schema }, async (request) => {
    const { cursor, kind, limit, disagreeing = false } = request.query;
    const owner = ownerOf(request);
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const ids = await context.catalog.corrected({ owner, after, kind, limit: limit + 1 });
    const page = ids.slice(0, limit);
    const tracks = await context.catalog.wholeTracks(page);
    const base = baseUrl(context, request);
    const described = tracks
      .filter((track) => track.owner === owner)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map((track) => ({
        ...{ id: track.id, url: trackUrl(base, track.id), title: track.title, fileName: track.fileName },
        corrections: only(describeCorrections(track, context.chain.kinds), { kind, disagreeing }),
      }));
    const last = page.at(-1);
    return {
      tracks: described.filter(({ corrections }) => Object.keys(corrections).length > 0),
      nextCursor: ids.length > limit && last !== undefined ? encodeCursor(last) : null,
    };
  });
}

function only(
  corrections: Record<string, StandingCorrection>,
  { kind, disagreeing }: { readonly kind: string | undefined; readonly disagreeing: boolean },
): Record<string, StandingCorrection> {
  return Object.fromEntries(
    Object.entries(corrections).filter(
      ([name, { disagreements }]) =>
        (kind === undefined || name === kind) && (!disagreeing || disagreements.length > 0),
    ),
  );
}

/** @throws {ProblemError} `not-found`, `track-deleted`; `unavailable` where the catalog can't be asked, or has not heard of it yet. */
async function findKnown(context: ApiContext, request: FastifyRequest, id: string): Promise<StoredTrack> {
  const owner = ownerOf(request);
  const known = await context.catalog.track(id, owner);
  if (known) return known;
  await findTrack(context, id, owner);
  throw new ProblemError("unavailable", `the catalog has not heard of the track ${id} yet`);
}

function isSaid(corrections: StoredTrack["corrections"], kind: string, facts: CorrectedFacts): boolean {
  const said = corrections.find((each) => each.kind === kind);
  return said !== undefined && isDeepStrictEqual(said.facts, JSON.parse(JSON.stringify(facts)));
}

function requireStanding(corrections: Record<string, StandingCorrection>, kind: string): StandingCorrection {
  const standing = corrections[kind];
  // Somebody else has taken it back between the two.
  if (!standing) throw new ProblemError("not-found", `there is no correction of ${kind}`);
  return standing;
}
