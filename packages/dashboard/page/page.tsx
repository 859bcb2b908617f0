import { useEffect, useMemo, useState } from "preact/hooks";
import type { Api } from "./api/create-api.ts";
import { followLive } from "./api/live.ts";
import { type App, AppContext, useApp } from "./app-context.ts";
import { BackfillsPage } from "./backfills/backfills-page.tsx";
import { FailedPage } from "./failed/failed-page.tsx";
import { countFleet } from "./fleet/fleet-numbers.ts";
import { FleetPage } from "./fleet/fleet-page.tsx";
import { KeyPrompt } from "./key-prompt.tsx";
import { Logo } from "./logo.tsx";
import { toneOf } from "./parts/parts.tsx";
import { useLiveState } from "./parts/use-live.ts";
import { ReferencePage } from "./reference/reference-page.tsx";
import { hashOf, parseRoute, type Route } from "./routes.ts";
import { SearchPage } from "./search/search-page.tsx";
import { TrackPage } from "./track/track-page.tsx";
import { DropZone } from "./tracks/drop-zone.tsx";
import { TracksPage } from "./tracks/tracks-page.tsx";
import { UploadPanel } from "./tracks/upload-panel.tsx";
import type { Uploads } from "./tracks/uploads.ts";

/** The whole page: a key, where one is asked for, then what it opens. */
export function Page({ api, uploads }: { readonly api: Api; readonly uploads: Uploads }) {
  const { session } = api;
  const [{ key, wish }, setAsked] = useState({ key: session.key(), wish: session.wish() });
  useEffect(() => session.subscribe(() => setAsked({ key: session.key(), wish: session.wish() })), [session]);
  if (wish !== null) return <KeyPrompt key={wish} session={session} wish={wish} />;
  // All of it anew with another key: what one may see the other may not.
  return <OpenPage key={key ?? ""} api={api} uploads={uploads} />;
}

function OpenPage({ api, uploads }: { readonly api: Api; readonly uploads: Uploads }) {
  const app = useMemo<App>(
    () => ({ api, uploads, live: followLive(api), numbers: countFleet(Date.now()) }),
    [api, uploads],
  );
  useEffect(() => {
    const { live, numbers } = app;
    const end = live.subscribe({ onChanges: (changes) => numbers.note(changes, Date.now()) });
    return () => {
      end();
      live.close();
    };
  }, [app]);
  const route = useRoute();
  return (
    <AppContext.Provider value={app}>
      <button type="button" class="skip" onClick={skipToMain}>
        Skip to the page
      </button>
      <Head route={route} />
      <main id="main" tabIndex={-1} class={`is-${route.page}`}>
        <Shown route={route} />
      </main>
      <UploadPanel />
      <DropZone />
    </AppContext.Provider>
  );
}

/** By hand: what stands behind `#` is a place of this page. */
function skipToMain() {
  document.querySelector<HTMLElement>("#main")?.focus();
}

function Shown({ route }: { readonly route: Route }) {
  switch (route.page) {
    case "tracks":
      return <TracksPage />;
    case "track":
      return <TrackPage key={route.id} id={route.id} />;
    case "search":
      return <SearchPage query={route.query} />;
    case "fleet":
      return <FleetPage />;
    case "backfills":
      return <BackfillsPage />;
    case "failed":
      return <FailedPage />;
    case "api":
      return <ReferencePage />;
  }
}

const places = [
  { page: "tracks", label: "Tracks" },
  { page: "search", label: "Search" },
  { page: "fleet", label: "Fleet" },
  { page: "backfills", label: "Backfills" },
  { page: "failed", label: "Failed" },
  { page: "api", label: "API" },
] as const;

function Head({ route }: { readonly route: Route }) {
  const { session } = useApp().api;
  const state = useLiveState();
  const here = route.page === "track" ? "tracks" : route.page;
  return (
    <header class="head">
      <a class="brand" href={hashOf({ page: "tracks" })} aria-label="Segue: all tracks">
        <Logo />
        <span aria-hidden="true">Segue</span>
      </a>
      <nav aria-label="Pages">
        {places.map(({ page, label }) => (
          <a key={page} href={`#/${page}`} {...(page === here ? { "aria-current": "page" } : {})}>
            {label}
          </a>
        ))}
      </nav>
      <p class={`live is-${toneOf(state)}`} role="status">
        {state}
      </p>
      {session.key() === undefined ? null : (
        <button type="button" class="button" onClick={() => session.use(undefined)}>
          Forget key
        </button>
      )}
    </header>
  );
}

function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const look = () => {
      setRoute(parseRoute(location.hash));
      window.scrollTo(0, 0);
    };
    window.addEventListener("hashchange", look);
    return () => window.removeEventListener("hashchange", look);
  }, []);
  useEffect(() => {
    document.title = `${route.page === "track" ? "Track" : places.find(({ page }) => page === route.page)?.label} – Segue`;
  }, [route]);
  return route;
}
