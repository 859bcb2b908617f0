import type { Api, ApiContext } from "../api-context.ts";
import { changeEventsRoutes } from "./change-events.ts";
import { listChangesRoute } from "./list-changes.ts";

/** What happens to tracks: read, waited for, watched. */
export function changeRoutes(app: Api, context: ApiContext): void {
  listChangesRoute(app, context);
  changeEventsRoutes(app, context);
}
