import { BackfillList, BackfillReceipt, type BackfillResource } from "@segue/contracts";
import { formatCount, formatLatency } from "@segue/wording";
import { useEffect, useState } from "preact/hooks";
import { useApp } from "../app-context.ts";
import { Bar, Empty, Said, StateBadge, Trouble } from "../parts/parts.tsx";
import { sayInstant } from "../parts/say-time.ts";
import { useAction } from "../parts/use-action.ts";
import { useInterval } from "../parts/use-interval.ts";
import { useLoaded } from "../parts/use-loaded.ts";
import { hashOf } from "../routes.ts";
import { NewBackfill } from "./new-backfill.tsx";

const [busyMs, calmMs] = [2_000, 15_000];

export function BackfillsPage() {
  const { api } = useApp();
  const { value, error, reload } = useLoaded(
    (signal) => api.get("v1/backfills", BackfillList, signal),
    [api],
  );
  const isBusy = value?.backfills.some(({ state }) => state === "running" || state === "paused") ?? false;
  // What was just asked for is there within seconds.
  const [isAsked, setAsked] = useState(false);
  useEffect(() => setAsked(false), [value?.backfills[0]?.id]);
  useInterval(reload, isBusy || isAsked ? busyMs : calmMs);
  return (
    <div class="backfills">
      <h1>Backfills</h1>
      <Trouble error={error} />
      <NewBackfill onStarted={() => setAsked(true)} />
      {value?.backfills.length === 0 ? (
        <Empty>
          <p>None yet. A backfill has what is missing of tracks made, behind what is live.</p>
        </Empty>
      ) : null}
      <ul class="list">
        {value?.backfills.map((backfill) => (
          <Backfill key={backfill.id} backfill={backfill} onSteered={reload} />
        ))}
      </ul>
    </div>
  );
}

function Backfill({
  backfill,
  onSteered,
}: {
  readonly backfill: BackfillResource;
  readonly onSteered: () => void;
}) {
  const { targets, force, state, tracks, etaSec, requestedAt, failures, waitingFor } = backfill;
  const ended = tracks.complete + tracks.succeeded + tracks.failed;
  const waits = Object.entries(waitingFor).map(([step, count]) => `${step} (${count})`);
  return (
    <li class="card backfill">
      <header class="card-head">
        <h2>{targets.join(", ")}</h2>
        <StateBadge state={state} />
        <Steering backfill={backfill} onSteered={onSteered} />
      </header>
      <Bar
        label={`Backfill of ${targets.join(", ")}`}
        value={tracks.total ? ended / tracks.total : state === "done" ? 1 : 0}
        tone={tracks.failed > 0 ? "odd" : "good"}
      />
      <p>
        {ended.toLocaleString()} of {tracks.total === null ? "…" : formatCount(tracks.total, "track")}:{" "}
        {tracks.complete} had all, {tracks.succeeded} were made, {tracks.failed} failed, {tracks.underWay}{" "}
        under way
        {etaSec === null || state !== "running" ? "" : `, ${formatLatency(1_000 * etaSec)} to go`}.
      </p>
      <p class="quiet">
        Asked for {sayInstant(requestedAt)}
        {force.length > 0 ? `, anew: ${force.join(", ")}` : ""}
        {waits.length > 0 ? `. Waits for ${waits.join(", ")}` : ""}
      </p>
      {failures.length === 0 ? null : (
        <ul class="pairs">
          {failures.map(({ step, code, tracks: count, example }) => (
            <li key={`${step} ${code}`}>
              <span class="code">{code}</span> <span class="quiet">{step}</span>
              <a href={hashOf({ page: "track", id: example })}>an example</a>
              <strong class="at-end">{count}</strong>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

type Verb = "pause" | "resume" | "cancel";
const verbs: Readonly<Record<string, readonly Verb[]>> = {
  running: ["pause", "cancel"],
  paused: ["resume", "cancel"],
};
const said: Readonly<Record<Verb, string>> = {
  pause: "Paused; what is under way comes to its end.",
  resume: "It goes on.",
  cancel: "Cancelled; what is under way comes to its end.",
};

function Steering({
  backfill,
  onSteered,
}: {
  readonly backfill: BackfillResource;
  readonly onSteered: () => void;
}) {
  const { api } = useApp();
  const action = useAction();
  const steer = (verb: Verb) =>
    action.run(async () => {
      await api.post(`v1/backfills/${backfill.id}/${verb}`, BackfillReceipt);
      onSteered();
      return said[verb];
    });
  return (
    <div class="steering">
      {(verbs[backfill.state] ?? []).map((verb) => (
        <button key={verb} type="button" class="button" disabled={action.isBusy} onClick={() => steer(verb)}>
          {verb}
          <span class="unseen"> the backfill of {backfill.targets.join(", ")}</span>
        </button>
      ))}
      <Said action={action} />
    </div>
  );
}
