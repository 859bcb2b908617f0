import type { TrackResource } from "@segue/contracts";
import { describeResults, formatBytes, type KindsByName } from "@segue/wording";
import { useApp } from "../app-context.ts";
import { Card, Said } from "../parts/parts.tsx";
import { useAction } from "../parts/use-action.ts";
import { saveFile } from "./save-file.ts";

/** Every result by what its kind says of itself, of kinds too that this page was not made with. */
export function ResultsCard(props: { readonly track: TrackResource; readonly kinds: KindsByName }) {
  const { track, kinds } = props;
  const { results, warnings } = describeResults(track.results, kinds);
  const stale = Object.entries(track.results).filter(([, { current }]) => current === false);
  return (
    <Card title="Results" wide>
      {results.length === 0 ? <p class="quiet">None so far.</p> : null}
      <dl class="results">
        {results.map(({ kind, label, text }) => (
          <div key={kind}>
            <dt>{label}</dt>
            <dd>{text || "a file"}</dd>
          </div>
        ))}
      </dl>
      {warnings.map(({ code, message }) => (
        <p key={code} class="note">
          {code}: {message}
        </p>
      ))}
      {stale.length === 0 ? null : (
        <p class="note">Of an earlier version of their steps: {stale.map(([kind]) => kind).join(", ")}.</p>
      )}
    </Card>
  );
}

interface TrackFile {
  readonly name: string;
  readonly path: string;
  readonly note: string;
}

/** All files that a track has: its master, what is kept of each kind, and what is drawn of it. */
export function filesOf({ id, master, sizeBytes, results }: TrackResource): TrackFile[] {
  const pathOf = (name: string) => `v1/tracks/${id}/assets/${name}`;
  const masters =
    master === null ? [] : [{ name: "master", path: pathOf("master"), note: sayBytes(sizeBytes) }];
  const made = Object.entries(results).flatMap(([kind, { asset, renderings }]) => [
    ...(asset
      ? [{ name: kind, path: pathOf(kind), note: `${asset.contentType}, ${sayBytes(asset.sizeBytes)}` }]
      : []),
    ...Object.entries(renderings).map(([name, { contentType }]) => ({
      ...{ name: `${kind}.${name}`, path: pathOf(`${kind}.${name}`), note: contentType },
    })),
  ]);
  return [...masters, ...made];
}

function sayBytes(bytes: number | null): string {
  return bytes === null ? "" : formatBytes(bytes);
}

export function FilesCard({ track }: { readonly track: TrackResource }) {
  const { api } = useApp();
  const action = useAction();
  return (
    <Card title="Files">
      <ul class="pairs">
        {filesOf(track).map(({ name, path, note }) => (
          <li key={name}>
            <span>{name}</span> <span class="quiet">{note}</span>
            <button
              type="button"
              class="button at-end"
              disabled={action.isBusy}
              onClick={() => action.run(() => saveFile(api, path))}
            >
              Save<span class="unseen"> {name}</span>
            </button>
          </li>
        ))}
      </ul>
      <Said action={action} />
    </Card>
  );
}
