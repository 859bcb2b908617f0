/** Where the reader is. In the part of the URL behind `#`, so that the page works below any path that a proxy puts it. */
export type Route =
  | { readonly page: "tracks" }
  | { readonly page: "track"; readonly id: string }
  | { readonly page: "fleet" }
  | { readonly page: "backfills" }
  | { readonly page: "failed" };

/** What is no place leads to the tracks. */
export function parseRoute(hash: string): Route {
  const [, page = "", id = ""] = hash.split("/");
  if (page === "tracks" && id !== "") return { page: "track", id: decode(id) };
  if (page === "fleet" || page === "backfills" || page === "failed") return { page };
  return { page: "tracks" };
}

export function hashOf(route: Route): string {
  return route.page === "track" ? `#/tracks/${encodeURIComponent(route.id)}` : `#/${route.page}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
