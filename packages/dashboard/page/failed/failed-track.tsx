import { ReplayReceipt, TrackHistory, type TrackSummary } from "@segue/contracts";
import { useState } from "preact/hooks";
import { useApp } from "../app-context.ts";
import { Said, Trouble } from "../parts/parts.tsx";
import { sayInstant } from "../parts/say-time.ts";
import { useAction } from "../parts/use-action.ts";
import { useLoaded } from "../parts/use-loaded.ts";
import { hashOf } from "../routes.ts";

/** One track that a step has failed for; its story when it is opened. */
export function FailedTrack({ track, step }: { readonly track: TrackSummary; readonly step: string }) {
  const { api } = useApp();
  const action = useAction();
  const [isOpen, setOpen] = useState(false);
  const failed = track.steps.find((each) => each.step === step);
  const name = track.title ?? track.fileName ?? track.id;
  const replay = () =>
    action.run(async () => {
      await api.post(`v1/tracks/${track.id}/replay`, ReplayReceipt, { force: "failed" });
      return "Asked for again.";
    });
  return (
    <li class="failed-track">
      <div class="line">
        <a href={hashOf({ page: "track", id: track.id })}>{name}</a>
        <span class="quiet">{sayInstant(track.acceptedAt)}</span>
        <button type="button" class="button at-end" disabled={action.isBusy} onClick={replay}>
          Replay<span class="unseen"> {name}</span>
        </button>
      </div>
      <Said action={action} />
      {failed?.recomputing ? <p class="note">Being computed again.</p> : null}
      <p class="quiet">{failed?.underlying?.message}</p>
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>The whole story</summary>
        {isOpen ? <Story id={track.id} step={step} /> : null}
      </details>
    </li>
  );
}

function Story({ id, step }: { readonly id: string; readonly step: string }) {
  const { api } = useApp();
  const { value, error } = useLoaded(
    (signal) => api.get(`v1/tracks/${id}/history`, TrackHistory, signal),
    [api, id],
  );
  const attempts = value?.attempts.filter((each) => each.step === step && each.error !== null) ?? [];
  const letters = value?.deadLetters.filter((letter) => letter.step === step || letter.step === null) ?? [];
  return (
    <div class="story">
      <Trouble error={error} />
      <ol>
        {letters
          .flatMap(({ story }) => story)
          .map((entry) => (
            <li key={`${entry.at} ${entry.worker}`}>
              {sayInstant(entry.at)} <span class="quiet">{entry.worker}</span>
              <br />
              <span class="code">{entry.error.code}</span> {entry.error.message}
            </li>
          ))}
        {attempts.map(({ attempt, error: failure, version }) => (
          <li key={`${attempt.startedAt} ${attempt.worker}`}>
            {sayInstant(attempt.finishedAt)}{" "}
            <span class="quiet">
              {attempt.worker}, version {version}
            </span>
            <br />
            <span class="code">{failure?.code}</span> {failure?.message}
          </li>
        ))}
      </ol>
      {value !== undefined && letters.length + attempts.length === 0 ? (
        <p class="quiet">No attempt is told: the key has no scope `operate`.</p>
      ) : null}
      <p>On a machine that has the project, the same file and the same step, in a terminal:</p>
      <pre>{`npm run segue -- failed reproduce ${id} ${step} --api ${api.url("").replace(/\/$/, "")}`}</pre>
    </div>
  );
}
