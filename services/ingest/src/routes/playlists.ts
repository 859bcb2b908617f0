import { Playlist, PlaylistQuery, playlistTypes } from "@segue/contracts";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { contentDisposition } from "../content-disposition.ts";
import { ownerOf } from "../owner-of.ts";
import { makePlaylist } from "../playlists/make-playlist.ts";
import { renderJspf, renderM3u8 } from "../playlists/render-playlist.ts";
import { readSearched } from "../search/read-searched.ts";
import { problems } from "./problems.ts";

const answers = {
  200: {
    description: "The playlist, in the form that was asked for",
    content: {
      [playlistTypes.json]: { schema: Playlist },
      [playlistTypes.m3u8]: { schema: z.string().describe("extended M3U in UTF-8, for players") },
      [playlistTypes.jspf]: {
        schema: z.looseObject({ playlist: z.looseObject({}).describe("as JSPF has it") }),
      },
    },
  },
};

/** `GET /v1/playlists`: tracks in an order in which they follow one another smoothly. Nothing is kept: the same question, over the same tracks, has the same answer. */
export function playlistRoutes(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "makePlaylist",
    summary: "A playlist from a track or a wish, smooth in tempo, key, loudness and energy",
    querystring: PlaylistQuery,
    response: { ...answers, ...problems(400, 404, 503) },
  };
  app.get("/v1/playlists", { schema }, async (request, reply) => {
    const { query } = request;
    const searched = await readSearched(context);
    const asked = { query, owner: ownerOf(request), searched, base: baseUrl(context, request) };
    const playlist = await makePlaylist(context, asked);
    if (query.format === "json") return playlist;
    reply.header("content-disposition", contentDisposition(`playlist.${query.format}`, "attachment"));
    const text = query.format === "m3u8" ? renderM3u8(playlist) : renderJspf(playlist);
    return reply.type(playlistTypes[query.format]).send(text as never);
  });
}
