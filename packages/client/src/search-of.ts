import {
  FacetCounts,
  isCompleteHeader,
  Playlist,
  SearchedFacts,
  SearchPage,
  SearchRebuild,
  SimilarTracks,
} from "@segue/contracts";
import type { SearchClient } from "./api-client.ts";
import type { Connection } from "./connection.ts";
import { openBody } from "./open-body.ts";
import { queryOf } from "./query-of.ts";
import { readAnswer, readIfFound, readText } from "./read-answer.ts";

export function searchOf(connection: Connection): SearchClient {
  return {
    async searchTracks(query = {}, options = {}) {
      return readAnswer(await connection.get(`/v1/search?${queryOf(query)}`, options), SearchPage);
    },
    async countTracks(query = {}, options = {}) {
      return readAnswer(await connection.get(`/v1/search/facets?${queryOf(query)}`, options), FacetCounts);
    },
    async listSimilarTracks(id, query = {}, options = {}) {
      const path = `/v1/tracks/${id}/similar?${queryOf(query)}`;
      return readIfFound(await connection.get(path, options), SimilarTracks);
    },
    async makePlaylist(query = {}, options = {}) {
      return readAnswer(await connection.get(`/v1/playlists?${queryOf(query)}`, options), Playlist);
    },
    async openPlaylist(query, options = {}) {
      return readText(await connection.get(`/v1/playlists?${queryOf(query)}`, options));
    },
    async openExport(query = {}, options = {}) {
      const answer = await connection.get(`/v1/search/export?${queryOf(query)}`, options);
      const isComplete = answer.headers[isCompleteHeader] !== "false";
      return { ...(await openBody(answer)), isComplete };
    },
    async listSearchedFacts(options) {
      return readAnswer(await connection.get("/v1/search/facts", options), SearchedFacts);
    },
    async rebuildSearch(options) {
      return readAnswer(await connection.post("/v1/search/rebuild", {}, options), SearchRebuild);
    },
    async readSearchRebuild(options) {
      return readAnswer(await connection.get("/v1/search/rebuild", options), SearchRebuild);
    },
  };
}
