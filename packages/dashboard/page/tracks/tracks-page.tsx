import { useState } from "preact/hooks";
import { useApp } from "../app-context.ts";
import { Empty, Trouble } from "../parts/parts.tsx";
import { type TrackFilter, trackStates } from "./track-rows.ts";
import { TracksTable } from "./tracks-table.tsx";
import { useTracks } from "./use-tracks.ts";

const all: TrackFilter = { state: null };

export function TracksPage() {
  const [filter, setFilter] = useState(all);
  const listed = useTracks(filter);
  const { rows, isLoading, error } = listed;
  return (
    <div class="tracks-page">
      <div class="toolbar">
        <h1>Tracks</h1>
        <StateFilter filter={filter} onFilter={setFilter} />
        <span class="toolbar-rest" />
        <p class="quiet" role="status">
          {rows.tracks.length.toLocaleString()}
          {rows.nextCursor === null ? "" : "+"} shown
        </p>
        <AddFiles />
      </div>
      <Trouble error={error} />
      {rows.tracks.length === 0 && !isLoading && error === undefined ? (
        <NoTracks isFiltered={filter.state !== null} />
      ) : (
        <TracksTable listed={listed} />
      )}
    </div>
  );
}

function StateFilter(props: {
  readonly filter: TrackFilter;
  readonly onFilter: (filter: TrackFilter) => void;
}) {
  const { filter, onFilter } = props;
  const choices = [null, ...trackStates];
  return (
    <fieldset class="segments">
      <legend class="unseen">Only tracks in this state</legend>
      {choices.map((state) => (
        <label key={state ?? "all"}>
          <input
            type="radio"
            name="state"
            class="unseen"
            checked={filter.state === state}
            onChange={() => onFilter({ state })}
          />
          <span>{state ?? "all"}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** For whoever can't drop. */
export function AddFiles() {
  const { uploads } = useApp();
  return (
    <label class="button is-main">
      Add files
      <input
        type="file"
        class="unseen"
        multiple
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          uploads.add(files.map((file) => ({ file, path: file.name })));
          // The same file may be chosen again.
          currentTarget.value = "";
        }}
      />
    </label>
  );
}

function NoTracks({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered)
    return (
      <Empty>
        <p>No track is in this state.</p>
      </Empty>
    );
  return (
    <Empty>
      <h2>Drop music here</h2>
      <p>
        Files or whole folders, anywhere on this page. Each is decoded, analysed and encoded, and shows up
        here.
      </p>
      <AddFiles />
    </Empty>
  );
}
