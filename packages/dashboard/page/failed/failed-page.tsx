import { ErrorList, type ErrorList as ErrorListType, ReplayReceipt, TrackList } from "@segue/contracts";
import { formatCount } from "@segue/wording";
import { useState } from "preact/hooks";
import { useApp } from "../app-context.ts";
import { Empty, Said, Trouble } from "../parts/parts.tsx";
import { useAction } from "../parts/use-action.ts";
import { useInterval } from "../parts/use-interval.ts";
import { useLive } from "../parts/use-live.ts";
import { useLoaded } from "../parts/use-loaded.ts";
import { usePages } from "../parts/use-pages.ts";
import { FailedTrack } from "./failed-track.tsx";
import { type FailureGroup, groupFailures } from "./group-failures.ts";

const pageSize = 200;
const refreshMs = 2_000;
const unlisted: ReadonlySet<string> = new Set(["track.accepted", "track.done", "step.succeeded"]);
/** Shown of a group before more are asked for. */
const fewTracks = 10;

export function FailedPage() {
  const { api } = useApp();
  const failed = usePages(
    (cursor, signal) => {
      const query = new URLSearchParams({ failed: "true", limit: String(pageSize) });
      if (cursor !== null) query.set("cursor", cursor);
      return api.get(`v1/tracks?${query}`, TrackList, signal);
    },
    [api],
  );
  const errors = useLoaded((signal) => api.get("v1/errors", ErrorList, signal), [api]);
  const [isStale, setStale] = useState(false);
  useLive({
    // What succeeds for the first time is not listed here.
    onChanges: (changes) => changes.some(({ type }) => !unlisted.has(type)) && setStale(true),
    onGap: failed.reload,
  });
  useInterval(() => {
    if (!isStale) return;
    setStale(false);
    failed.reload();
  }, refreshMs);
  const { value: pages, error, hasMore } = failed;
  const tracks = pages?.flatMap((page) => page.tracks) ?? [];
  return (
    <div class="failed">
      <h1>Failed</h1>
      <Trouble error={error} />
      {pages && tracks.length === 0 ? (
        <Empty>
          <p>Nothing has failed.</p>
        </Empty>
      ) : null}
      {groupFailures(tracks).map((group) => (
        <Group key={`${group.step} ${group.code}`} group={group} errors={errors.value} />
      ))}
      {hasMore ? (
        <p>
          The latest {tracks.length} are looked at.{" "}
          <button type="button" class="button" onClick={failed.more}>
            Look at more
          </button>
        </p>
      ) : null}
    </div>
  );
}

function Group(props: { readonly group: FailureGroup; readonly errors: ErrorListType | undefined }) {
  const { step, code, tracks, causes } = props.group;
  const { api } = useApp();
  const action = useAction();
  const [isWhole, setWhole] = useState(false);
  const known = props.errors?.errors.find((error) => error.kind === "outcome" && error.code === code);
  const replayAll = () =>
    action.run(async () => {
      // One after the other: what is asked for at once is limited, and order costs nothing here.
      for (const { id } of tracks)
        await api.post(`v1/tracks/${id}/replay`, ReplayReceipt, { force: "failed" });
      return `Asked for ${formatCount(tracks.length, "track")} again.`;
    });
  return (
    <section class="card is-wide" aria-label={`${step}: ${code}`}>
      <header class="card-head">
        <h2>
          {step} <span class="code">{code}</span>
        </h2>
        <span class="quiet">{formatCount(tracks.length, "track")}</span>
        <button type="button" class="button" disabled={action.isBusy} onClick={replayAll}>
          Replay {tracks.length === 1 ? "it" : `all ${tracks.length}`}
        </button>
      </header>
      {known ? (
        <p>
          {known.meaning} <span class="quiet">{known.remedy}</span>
        </p>
      ) : null}
      {causes.length === 0 ? null : (
        <p class="quiet">Behind it: {causes.map((cause) => `${cause.code} (${cause.count})`).join(", ")}</p>
      )}
      <Said action={action} />
      <ul class="list">
        {tracks.slice(0, isWhole ? undefined : fewTracks).map((track) => (
          <FailedTrack key={track.id} track={track} step={step} />
        ))}
      </ul>
      {tracks.length > fewTracks && !isWhole ? (
        <button type="button" class="button" onClick={() => setWhole(true)}>
          Show all {tracks.length}
        </button>
      ) : null}
    </section>
  );
}
