import {
  correctedFacts,
  Key,
  KindList,
  Loudness,
  Tags,
  Tempo,
  TrackHistory,
  TrackResource,
  type TrackResult,
  vectorFactsOf,
  vectorOf,
} from "@segue/contracts";
import { formatBytes, formatLatency, type KindsByName } from "@segue/wording";
import { useMemo, useState } from "preact/hooks";
import type { z } from "zod";
import { useApp } from "../app-context.ts";
import { Card, Empty, StateBadge, Trouble } from "../parts/parts.tsx";
import { sayInstant } from "../parts/say-time.ts";
import { useLive } from "../parts/use-live.ts";
import { useLoaded } from "../parts/use-loaded.ts";
import { PlaylistPanel } from "../search/playlist-panel.tsx";
import { StepDots } from "../tracks/step-dots.tsx";
import { beatsOf } from "./beats.ts";
import { CorrectionsCard } from "./corrections-card.tsx";
import { DeleteTrack, TakenDown } from "./delete-track.tsx";
import { Failures } from "./failures.tsx";
import { KeyCard } from "./key-card.tsx";
import { LoudnessCard } from "./loudness-card.tsx";
import { TrackPlayer } from "./player.tsx";
import { ReplayMenu } from "./replay-menu.tsx";
import { FilesCard, ResultsCard } from "./results-card.tsx";
import { SimilarCard } from "./similar-card.tsx";
import { TagsCard } from "./tags-card.tsx";
import { TempoCard } from "./tempo-card.tsx";
import { WaterfallCard } from "./waterfall-card.tsx";

export function TrackPage({ id }: { readonly id: string }) {
  const { api } = useApp();
  const path = `v1/tracks/${encodeURIComponent(id)}`;
  const track = useLoaded((signal) => api.get(path, TrackResource, signal), [api, path]);
  const history = useLoaded((signal) => api.get(`${path}/history`, TrackHistory, signal), [api, path]);
  const kinds = useKinds();
  const [takedown, setTakedown] = useState<string | null>(null);
  const reload = () => {
    track.reload();
    history.reload();
  };
  useLive({
    onChanges: (changes) => changes.some(({ trackId }) => trackId === id) && reload(),
    onGap: reload,
  });
  if (takedown !== null) return <TakenDown id={takedown} name={nameOf(track.value, id)} />;
  if (track.value === undefined)
    return track.error === undefined ? <Empty>Reading …</Empty> : <Trouble error={track.error} />;
  return (
    <article class="track">
      <TrackHead track={track.value} onReplayed={reload} onDeleted={setTakedown} />
      <Trouble error={track.error} />
      <Failures track={track.value} />
      <Heard track={track.value} kinds={kinds} />
      <div class="cards">
        <CorrectionsCard track={track.value} kinds={kinds} onSaid={reload} />
        {hasLength(track.value) ? <PlaylistPanel key={id} title="A playlist from here" seed={id} /> : null}
        <ResultsCard track={track.value} kinds={kinds} />
        {history.value ? <WaterfallCard history={history.value} /> : <Trouble error={history.error} />}
        <FilesCard track={track.value} />
        <RawCard track={track.value} />
      </div>
    </article>
  );
}

function useKinds(): KindsByName {
  const { api } = useApp();
  const { value } = useLoaded((signal) => api.get("v1/kinds", KindList, signal), [api]);
  return useMemo(() => new Map(value?.kinds.map((kind) => [kind.name, kind])), [value]);
}

function TrackHead({
  track,
  onReplayed,
  onDeleted,
}: {
  readonly track: TrackResource;
  readonly onReplayed: () => void;
  readonly onDeleted: (takedown: string) => void;
}) {
  const { id, metadata, fileName, state, summary, acceptedAt, latencyMs, sizeBytes, source } = track;
  const said = Object.entries(metadata).map(([name, text]) => `${name}: ${text}`);
  const from = source === "upload" ? (fileName ?? "an upload") : source;
  return (
    <header class="track-head">
      <div>
        <h1>{nameOf(track, id)}</h1>
        <p>
          <StateBadge state={state} /> <StepDots steps={track.steps.map(briefly)} isBrief />{" "}
          {withoutState(summary, state)}
        </p>
        <p class="quiet">
          {from}
          {sizeBytes === null ? "" : `, ${formatBytes(sizeBytes)}`}. Accepted {sayInstant(acceptedAt)}
          {latencyMs === null ? "" : `, finished in ${formatLatency(latencyMs)}`}. <code>{id}</code>
        </p>
        {said.length === 0 ? null : <p class="quiet">{said.join(", ")}</p>}
        {track.degraded === undefined ? null : <p class="note">{track.degraded}</p>}
      </div>
      <div>
        <ReplayMenu track={track} onDone={onReplayed} />
        <DeleteTrack track={track} onDeleted={onDeleted} />
      </div>
    </header>
  );
}

function nameOf(track: Pick<TrackResource, "title" | "fileName"> | undefined, id: string): string {
  return track?.title ?? track?.fileName ?? id;
}

/** The badge says it. */
function withoutState(summary: string, state: string): string {
  return summary.startsWith(`${state}: `) ? summary.slice(state.length + 2) : summary;
}

/** As lists have it. */
function briefly({ step, status, error, recomputing, failedUpgrade }: TrackResource["steps"][number]) {
  return {
    step,
    status,
    code: error?.code ?? null,
    underlying: null,
    recomputing,
    upgradeFailed: failedUpgrade !== null,
  };
}

/** What is heard of it, for the kinds that are shown in a way of their own; each has its line among the results as well. */
function Heard({ track, kinds }: { readonly track: TrackResource; readonly kinds: KindsByName }) {
  const { id, results, corrections } = track;
  const tempo = readFacts(Tempo, track);
  const key = readFacts(Key, track);
  const tags = readFacts(Tags, track);
  const loudness = readFacts(Loudness, track);
  const beatsSec = useMemo(() => (tempo ? beatsOf(tempo) : []), [JSON.stringify(tempo)]);
  const lengthSec = lengthOf(results);
  const sound = soundOf(id, results);
  return (
    <>
      {sound.soundPath === null && sound.wavePath === null ? null : (
        <TrackPlayer {...sound} beatsSec={beatsSec} />
      )}
      <div class="heard">
        {tempo ? (
          <TempoCard facts={tempo} lengthSec={lengthSec} isCorrected={Tempo.name in corrections} />
        ) : null}
        {key ? <KeyCard facts={key} lengthSec={lengthSec} isCorrected={Key.name in corrections} /> : null}
        {loudness ? <LoudnessCard facts={loudness} /> : null}
        {tags ? <TagsCard facts={tags} /> : null}
        {hasVector(track, kinds) ? <SimilarCard id={id} seen={track.summary} /> : null}
      </div>
    </>
  );
}

type Results = TrackResource["results"];

/** As people say it is, where they do. Undefined where there is none, or one of a version whose facts are others. */
function readFacts<S extends z.ZodType>(
  { name, facts }: { readonly name: string; readonly facts: S },
  { results, corrections }: Pick<TrackResource, "results" | "corrections">,
): z.output<S> | undefined {
  const made = results[name];
  return made && facts.safeParse(correctedFacts(made.facts, corrections[name]?.facts ?? {})).data;
}

/** As the longest of its results says, in s; 0 where none does. */
function lengthOf(results: Results): number {
  const lengths = Object.values(results).map(({ facts }: TrackResult) => {
    const sec = typeof facts === "object" && facts !== null && "durationSec" in facts ? facts.durationSec : 0;
    return typeof sec === "number" ? sec : 0;
  });
  return Math.max(0, ...lengths);
}

/** Whether a kind of its results has given one, as the kind's schema says. */
function hasVector({ results }: TrackResource, kinds: KindsByName): boolean {
  return Object.entries(results).some(([name, { facts }]) =>
    vectorFactsOf({ name, schema: kinds.get(name)?.facts ?? {} }).some((fact) => vectorOf(fact, facts)),
  );
}

/** A playlist is as long as its tracks are. */
function hasLength({ results }: TrackResource): boolean {
  return lengthOf(results) > 0;
}

/** What can be played is whatever is sound, and what can be drawn is peaks, whichever kind has them. */
function soundOf(id: string, results: Results) {
  const kinds = Object.entries(results);
  const sound = kinds.find(([, { asset }]) => asset?.contentType.startsWith("audio/"))?.[0];
  const wave = kinds.find(([, { asset, renderings }]) => asset !== null && "svg" in renderings)?.[0];
  const pathOf = (kind: string | undefined) => (kind === undefined ? null : `v1/tracks/${id}/assets/${kind}`);
  return { soundPath: pathOf(sound), wavePath: pathOf(wave) };
}

function RawCard({ track }: { readonly track: TrackResource }) {
  return (
    <Card title="Raw">
      <details>
        <summary>The track as the API tells it</summary>
        <pre>{JSON.stringify(track, null, 2)}</pre>
      </details>
    </Card>
  );
}
