/** Where the reader is. In the part of the URL behind `#`, so that the page works below any path that a proxy puts it. */
export type Route =
  | { readonly page: "tracks" }
  | { readonly page: "track"; readonly id: string }
  /** `query` as the API takes it; empty: all tracks. */
  | { readonly page: "search"; readonly query: string }
  | { readonly page: "fleet" }
  | { readonly page: "backfills" }
  | { readonly page: "failed" }
  | { readonly page: "api" };

/** What is no place leads to the tracks. */
export function parseRoute(hash: string): Route {
  const search = /^#\/search(?:\?(.*))?$/s.exec(hash);
  if (search) return { page: "search", query: search[1] ?? "" };
  const [, page = "", id = ""] = hash.split("/");
  // In a path of the API a dot, or two, would be another place.
  if (page === "tracks" && !/^\.{0,2}$/.test(decode(id))) return { page: "track", id: decode(id) };
  if (page === "fleet" || page === "backfills" || page === "failed" || page === "api") return { page };
  return { page: "tracks" };
}

export function hashOf(route: Route): string {
  if (route.page === "track") return `#/tracks/${encodeURIComponent(route.id)}`;
  return route.page === "search" && route.query !== "" ? `#/search?${route.query}` : `#/${route.page}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
