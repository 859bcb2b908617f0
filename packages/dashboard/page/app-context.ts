import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Api } from "./api/create-api.ts";
import type { Live } from "./api/live.ts";
import type { FleetNumbers } from "./fleet/fleet-numbers.ts";
import type { Uploads } from "./tracks/uploads.ts";

/** What all parts of the page work with. */
export interface App {
  readonly api: Api;
  readonly live: Live;
  readonly uploads: Uploads;
  readonly numbers: FleetNumbers;
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new TypeError("expected to be shown within the page");
  return app;
}
