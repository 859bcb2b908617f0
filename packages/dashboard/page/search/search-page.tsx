import { type FoundTrack, SearchPage as SearchAnswer } from "@segue/contracts";
import { useState } from "preact/hooks";
import { useApp } from "../app-context.ts";
import { Empty, StateBadge, Trouble } from "../parts/parts.tsx";
import { usePages } from "../parts/use-pages.ts";
import { hashOf } from "../routes.ts";
import { PlaylistPanel } from "./playlist-panel.tsx";
import {
  columnsOf,
  queryOf,
  type SearchTerms,
  sayFact,
  sayName,
  sayOthers,
  termsOf,
} from "./search-terms.ts";

const pageSize = 100;

/** Tracks by how they sound, and by whatever else is known of them. @param query what a link asks for. */
export function SearchPage({ query }: { readonly query: string }) {
  const { api } = useApp();
  const found = usePages(
    (cursor, signal) => {
      const asked = new URLSearchParams(queryOf(termsOf(query)));
      asked.set("limit", String(pageSize));
      if (cursor !== null) asked.set("cursor", cursor);
      return api.get(`v1/search?${asked}`, SearchAnswer, signal);
    },
    [api, query],
  );
  const { value: pages, error, hasMore } = found;
  const tracks = pages?.flatMap((page) => page.tracks);
  return (
    <div class="search">
      <h1>Search</h1>
      <SearchForm key={query} given={termsOf(query)} onSame={found.reload} />
      <Trouble error={error} />
      {pages?.some(({ isComplete }) => !isComplete) ? (
        <p class="note">All tracks are being gone through at this moment: some may be missing.</p>
      ) : null}
      {tracks?.length === 0 ? (
        <Empty>
          <p>Nothing was found.</p>
        </Empty>
      ) : null}
      {tracks && tracks.length > 0 ? <Found tracks={tracks} hasMore={hasMore} /> : null}
      {hasMore ? (
        <button type="button" class="button" onClick={found.more}>
          More
        </button>
      ) : null}
      {tracks && tracks.length > 0 ? (
        <PlaylistPanel key={query} title="A playlist of this search" of={queryOf(termsOf(query))} />
      ) : null}
    </div>
  );
}

/** What is asked for becomes the page's own place, so that it can be kept and sent to others. */
function SearchForm(props: { readonly given: SearchTerms; readonly onSame: () => void }) {
  const { given, onSame } = props;
  const [terms, setTerms] = useState(given);
  const set = (change: Partial<SearchTerms>) => setTerms((before) => ({ ...before, ...change }));
  type Texts = "words" | "bpm" | "key" | "tags" | "where";
  const field = (name: Texts, label: string, placeholder: string) => (
    <label class="search-field">
      {label}
      <input
        name={name}
        value={terms[name]}
        placeholder={placeholder}
        onInput={({ currentTarget }) => set({ [name]: currentTarget.value })}
      />
    </label>
  );
  const flag = (name: "octaves" | "harmonic", label: string) => (
    <label class="search-flag">
      <input
        type="checkbox"
        name={name}
        checked={terms[name]}
        onChange={({ currentTarget }) => set({ [name]: currentTarget.checked })}
      />
      {label}
    </label>
  );
  return (
    <form
      class="search-form"
      onSubmit={(event) => {
        event.preventDefault();
        const query = queryOf(terms);
        if (query === queryOf(given)) onSame();
        location.hash = hashOf({ page: "search", query });
      }}
    >
      {field("words", "Words", "title, file name, metadata")}
      {field("bpm", "Tempo", "120..128")}
      {flag("octaves", "half and double too")}
      {field("key", "Key", "8A, A minor")}
      {flag("harmonic", "and what goes with it")}
      {field("tags", "Tags", "dance:0.5, drums")}
      {field("where", "Anything else", "aac.codec=aac")}
      <OrderField sort={terms.sort} onChange={(sort) => set({ sort })} />
      {terms.others === "" ? null : (
        <p class="note">
          And {sayOthers(terms)}.{" "}
          <button type="button" class="button" onClick={() => set({ others: "" })}>
            Leave that out
          </button>
        </p>
      )}
      <button type="submit" class="button is-main">
        Search
      </button>
    </form>
  );
}

function OrderField(props: { readonly sort: string; readonly onChange: (sort: string) => void }) {
  return (
    <label class="search-field">
      Order
      <select
        name="sort"
        value={props.sort}
        onChange={({ currentTarget }) => props.onChange(currentTarget.value)}
      >
        <option value="">newest first</option>
        <option value="bpm">slowest first</option>
        <option value="-bpm">fastest first</option>
        <option value="-loudness">loudest first</option>
        <option value="duration">shortest first</option>
      </select>
    </label>
  );
}

function Found({ tracks, hasMore }: { readonly tracks: readonly FoundTrack[]; readonly hasMore: boolean }) {
  const columns = columnsOf(tracks);
  return (
    <>
      <p class="quiet" role="status">
        {tracks.length.toLocaleString()}
        {hasMore ? "+" : ""} found
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled can be reached by keys. */}
      <section class="table-box" aria-label="What was found" tabIndex={0}>
        <table class="found">
          <thead>
            <tr>
              <th scope="col">Track</th>
              <th scope="col">State</th>
              {columns.map((name) => (
                <th key={name} scope="col">
                  {sayName(name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {tracks.map(({ id, title, fileName, state, facts }) => (
              <tr key={id}>
                <th scope="row">
                  <a href={hashOf({ page: "track", id })}>{title ?? fileName ?? id}</a>
                </th>
                <td>
                  <StateBadge state={state} />
                </td>
                {columns.map((name) => (
                  <td key={name}>{sayFact(facts[name])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}
