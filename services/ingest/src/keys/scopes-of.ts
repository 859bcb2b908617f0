import type { Scope } from "@segue/contracts";

/** What a key has to be for: one of these; `[]`: any key will do. `open`: nobody is asked for one. */
export type Needed = "open" | readonly Scope[];

const read: Needed = ["tracks:read"];
const write: Needed = ["tracks:write"];
/** Whoever has changes sent somewhere reads them, and knows the secrets that they are signed with. */
const webhooks: Needed = ["webhooks"];
const operate: Needed = ["operate"];
const keys: Needed = ["keys"];

/** Every route that there is. One that is not here is no route: the API does not start with it. */
const table: Readonly<Record<string, Needed>> = {
  "GET /healthz": "open",
  "GET /readyz": "open",
  "GET /openapi.json": "open",
  "GET /docs": "open",
  // The dashboard has nothing of anybody's: what it shows it asks for, with the key that its reader gives it.
  "GET /": "open",
  "GET /assets/:file": "open",
  "GET /v1/errors": "open",
  "GET /v1/kinds": [],
  "GET /v1/steps": [],
  "GET /v1/tracks": read,
  "POST /v1/tracks": write,
  "POST /v1/batches": write,
  // Whoever reads how far one is learns where to send it.
  "POST /v1/uploads": write,
  "GET /v1/uploads/:id": write,
  "POST /v1/uploads/:id/complete": write,
  "DELETE /v1/uploads/:id": write,
  "GET /v1/tracks/:id": read,
  "GET /v1/tracks/:id/similar": read,
  "GET /v1/tracks/:id/events": read,
  "GET /v1/tracks/:id/history": read,
  "GET /v1/tracks/:id/assets/:kind": read,
  "GET /v1/tracks/:id/assets/:kind/:address": read,
  "GET /v1/tracks/:id/assets/:kind.:rendering": read,
  "GET /v1/tracks/:id/assets/:kind.:rendering/:address": read,
  "GET /v1/tracks/:id/corrections": read,
  "PUT /v1/tracks/:id/corrections/:kind": write,
  "DELETE /v1/tracks/:id/corrections/:kind": write,
  "GET /v1/corrections": read,
  "POST /v1/tracks/:id/replay": ["tracks:write", "operate"],
  "DELETE /v1/tracks/:id": write,
  "POST /v1/tracks/:id/cancel": write,
  "GET /v1/takedowns": read,
  "POST /v1/takedowns": operate,
  "GET /v1/takedowns/keys": [],
  "GET /v1/takedowns/:id": read,
  "GET /v1/search": read,
  "GET /v1/search/export": read,
  "GET /v1/search/facets": read,
  "GET /v1/search/facts": read,
  "GET /v1/search/rebuild": read,
  "POST /v1/search/rebuild": operate,
  "GET /v1/playlists": read,
  "GET /v1/changes": read,
  "GET /v1/changes/events": read,
  "GET /v1/webhooks": webhooks,
  "POST /v1/webhooks": webhooks,
  "GET /v1/webhooks/:id": webhooks,
  "PATCH /v1/webhooks/:id": webhooks,
  "DELETE /v1/webhooks/:id": webhooks,
  "POST /v1/webhooks/:id/rotate": webhooks,
  "POST /v1/webhooks/:id/test": webhooks,
  "GET /v1/webhooks/:id/deliveries": webhooks,
  "POST /v1/webhooks/:id/replay": webhooks,
  "POST /v1/webhooks/:id/deliveries/:deliveryId/replay": webhooks,
  "GET /v1/jobs/:request_id": operate,
  "POST /v1/jobs": operate,
  "GET /v1/backfills": operate,
  "POST /v1/backfills": operate,
  "GET /v1/backfills/:id": operate,
  "POST /v1/backfills/:id/pause": operate,
  "POST /v1/backfills/:id/resume": operate,
  "POST /v1/backfills/:id/cancel": operate,
  "GET /v1/pings/:id": operate,
  "POST /v1/pings": operate,
  "GET /v1/tools": operate,
  "GET /v1/keys": keys,
  "POST /v1/keys": keys,
  "DELETE /v1/keys/:id": keys,
  "POST /v1/keys/:id/rotate": keys,
  "GET /v1/audit": keys,
};

/** @param url the route's pattern. @throws {TypeError} where nobody has said what a route needs. */
export function neededFor(method: string, url: string): Needed {
  const needed = table[`${method === "HEAD" ? "GET" : method} ${url}`];
  if (needed === undefined)
    throw new TypeError(`${method} ${url}: expected the scopes that it takes, in keys/scopes-of.ts`);
  return needed;
}
