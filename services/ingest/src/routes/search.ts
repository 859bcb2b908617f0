import type { SearchFact } from "@segue/catalog-db";
import {
  FacetCounts,
  FacetQuery,
  SearchedFacts,
  SearchPage,
  SearchQuery,
  SearchRebuild,
} from "@segue/contracts";
import type { Api, ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { trackUrl } from "../describe-track.ts";
import { ownerOf } from "../owner-of.ts";
import { nameFact } from "../search/name-fact.ts";
import { orderOf } from "../search/order-of.ts";
import { readConditions } from "../search/read-conditions.ts";
import { readSearched } from "../search/read-searched.ts";
import { decodeSearchCursor, encodeSearchCursor, searchOf } from "../search/search-cursor.ts";
import { problems } from "./problems.ts";

const url = "/v1/search";

/** `/v1/search`: tracks by what is known of them, and how many there are of what. A catalog keeps what is read here. */
export function searchRoutes(app: Api, context: ApiContext): void {
  searchRoute(app, context);
  facetsRoute(app, context);
  factsRoute(app, context);
  rebuildRoutes(app, context);
}

function searchRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "searchTracks",
    summary: "Tracks by what is known of them, in any order",
    querystring: SearchQuery,
    response: { 200: SearchPage, ...problems(400, 503) },
  };
  app.get(url, { schema }, async (request) => {
    const { query } = request;
    const { limit, cursor, sort } = query;
    const owner = ownerOf(request);
    const searched = await readSearched(context);
    const conditions = readConditions(query, searched);
    const order = orderOf(sort, searched);
    const search = searchOf(query, owner);
    const behind = cursor === undefined ? null : decodeSearchCursor(cursor, search, order.by === null);
    const wanted = { owner, conditions, order, behind, limit: limit + 1 };
    const [{ isComplete }, found] = await Promise.all([
      context.search.progress(),
      context.search.tracks(wanted),
    ]);
    const hits = found.slice(0, limit);
    const last = hits.at(-1);
    return {
      tracks: hits.map(({ value: _value, shown: facts, ...hit }) => ({
        ...hit,
        url: trackUrl(baseUrl(context, request), hit.id),
        facts,
      })),
      nextCursor: found.length > limit && last ? encodeSearchCursor(search, last) : null,
      isComplete,
    };
  });
}

function facetsRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "countTracks",
    summary: "How many tracks there are of each value of a fact, among those that are as it is asked for",
    querystring: FacetQuery,
    response: { 200: FacetCounts, ...problems(400, 503) },
  };
  app.get(`${url}/facets`, { schema }, async (request) => {
    const { facets, limit, ...filters } = request.query;
    const searched = await readSearched(context);
    const conditions = readConditions(filters, searched);
    const names = [...new Set(facets.split(",").map((name) => name.trim()))];
    const facts = new Map(
      names
        .filter((name) => name !== "state")
        .map((name) => [name, nameFact(searched, name, "facets", "keyword")]),
    );
    const withStates = names.includes("state");
    const wanted = { owner: ownerOf(request), conditions, facts: [...facts.values()], withStates, limit };
    const [{ isComplete }, counted] = await Promise.all([
      context.search.progress(),
      context.search.facets(wanted),
    ]);
    const of = (name: string) =>
      (facts.has(name) ? counted.facts[facts.get(name)?.name ?? ""] : counted.states) ?? [];
    const { tracks, isExact } = counted;
    const byName = names.map((name) => [name, of(name).slice(0, limit)]);
    return { tracks, isExact, facets: Object.fromEntries(byName), isComplete };
  });
}

function factsRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "listSearchedFacts",
    summary: "What tracks can be searched for by",
    response: { 200: SearchedFacts, ...problems(503) },
  };
  app.get(`${url}/facts`, { schema }, async () => ({
    facts: (await context.search.facts()).map(describeFact),
  }));
}

function rebuildRoutes(app: Api, context: ApiContext): void {
  const describe = async () => {
    const { asked, rebuild: begun, isComplete } = await context.search.progress();
    return { asked, begun, isComplete };
  };
  const get = {
    operationId: "getSearchRebuild",
    summary: "How far search is in going through all tracks",
    response: { 200: SearchRebuild, ...problems(503) },
  };
  app.get(`${url}/rebuild`, { schema: get }, describe);
  const post = {
    operationId: "rebuildSearch",
    summary: "Have search made anew from what the catalog knows; what is there is found until it is replaced",
    response: { 202: SearchRebuild, ...problems(503) },
  };
  app.post(`${url}/rebuild`, { schema: post }, async (_request, reply) => {
    await context.search.askForRebuild();
    context.publisher.announceSearchWanted().catch((error: unknown) => {
      context.log.debug(
        { error },
        "the queue does not take that search is to be made anew; a catalog finds it out",
      );
    });
    return reply.code(202).send(await describe());
  });
}

function describeFact({ name, index, ranked, display }: SearchFact) {
  const { label = null, unit = null } = display;
  return { name, index, isQuick: ranked !== null, label, unit };
}
