import { Playlist } from "@segue/contracts";
import { formatClock } from "@segue/wording";
import { useState } from "preact/hooks";
import { useApp } from "../app-context.ts";
import { Card, Said } from "../parts/parts.tsx";
import { useAction } from "../parts/use-action.ts";
import { hashOf } from "../routes.ts";
import { saveFile } from "../track/save-file.ts";
import { type PlaylistTerms, playlistQueryOf, sayEnd, sayTransition } from "./playlist-terms.ts";

const usual: PlaylistTerms = { minutes: "60", course: "", harmonic: true };

/** Makes a playlist of what a search finds, or from a track, and saves it for a player. @param of a search as the API takes it. */
export function PlaylistPanel(props: {
  readonly title: string;
  readonly of?: string;
  readonly seed?: string;
}) {
  const { title, of = "", seed } = props;
  const { api } = useApp();
  const [terms, setTerms] = useState(usual);
  const [made, setMade] = useState<{ readonly playlist: Playlist; readonly query: string }>();
  const action = useAction();
  const make = () =>
    action.run(async () => {
      const query = playlistQueryOf(terms, of, seed);
      const playlist = await api.get(`v1/playlists?${query}`, Playlist);
      setMade({ playlist, query });
      return sayEnd(playlist);
    });
  const save = (format: string) =>
    action.run(async () => (await saveFile(api, `v1/playlists?${made?.query}&format=${format}`)) || "Saved.");
  return (
    <Card title={title} wide>
      <PlaylistForm terms={terms} setTerms={setTerms} isBusy={action.isBusy} onMake={make} />
      <Said action={action} />
      {made && made.playlist.tracks.length > 0 ? (
        <>
          <PlaylistTable playlist={made.playlist} />
          <p class="playlist-files">
            <button type="button" class="button" onClick={() => save("m3u8")}>
              Save as M3U8
            </button>
            <button type="button" class="button" onClick={() => save("jspf")}>
              Save as JSPF
            </button>
          </p>
        </>
      ) : null}
    </Card>
  );
}

function PlaylistForm(props: {
  readonly terms: PlaylistTerms;
  readonly setTerms: (terms: PlaylistTerms) => void;
  readonly isBusy: boolean;
  readonly onMake: () => void;
}) {
  const { terms, setTerms, isBusy, onMake } = props;
  return (
    <form
      class="search-form"
      onSubmit={(event) => {
        event.preventDefault();
        onMake();
      }}
    >
      <label class="search-field">
        Minutes
        <input
          name="minutes"
          inputMode="numeric"
          value={terms.minutes}
          onInput={({ currentTarget }) => setTerms({ ...terms, minutes: currentTarget.value })}
        />
      </label>
      <label class="search-field">
        BPM from, to
        <input
          name="course"
          value={terms.course}
          placeholder="118..126"
          onInput={({ currentTarget }) => setTerms({ ...terms, course: currentTarget.value })}
        />
      </label>
      <label class="search-flag">
        <input
          type="checkbox"
          name="playlist-harmonic"
          checked={terms.harmonic}
          onChange={({ currentTarget }) => setTerms({ ...terms, harmonic: currentTarget.checked })}
        />
        keys go together
      </label>
      <button type="submit" class="button" disabled={isBusy}>
        Make a playlist
      </button>
    </form>
  );
}

function PlaylistTable({ playlist: { tracks } }: { readonly playlist: Playlist }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled can be reached by keys.
    <section class="table-box" aria-label="The playlist" tabIndex={0}>
      <table class="found">
        <thead>
          <tr>
            <th scope="col">At</th>
            <th scope="col">Track</th>
            <th scope="col">BPM</th>
            <th scope="col">Key</th>
            <th scope="col">From the one before</th>
          </tr>
        </thead>
        <tbody>
          {tracks.map(({ id, title, fileName, startSec, bpm, camelot, transition }) => (
            <tr key={id}>
              <td>{formatClock(startSec)}</td>
              <th scope="row">
                <a href={hashOf({ page: "track", id })}>{title ?? fileName ?? id}</a>
              </th>
              <td>{bpm === null ? "" : bpm.toFixed(1)}</td>
              <td>{camelot}</td>
              <td>{transition ? sayTransition(transition) : ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
