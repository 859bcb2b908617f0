import {
  Aac,
  Key,
  type Kind,
  Loudness,
  Master,
  Mono16k,
  Pcm,
  runMs,
  Tags,
  Tempo,
  type TrackResource,
  Waveform,
  WaveformSvg,
} from "@segue/contracts";
import { describeFacts } from "./describe-facts.ts";
import { formatBytes, printable } from "./format-text.ts";
import type { FailureWords } from "./local-failures.ts";

/** What the results table shows of a track. Null is "not there (yet)"; a reason says why there is none. */
export interface TrackRow {
  readonly trackId: string;
  /** The file as the user knows it. */
  readonly file: string;
  readonly title: string;
  readonly state: TrackResource["state"];
  readonly durationSec: number | null;
  readonly tempo: Measured<{ readonly bpm: number }> | null;
  readonly key: Measured<{ readonly name: string; readonly camelot: string | null }> | null;
  readonly tags: readonly string[] | null;
  readonly loudness:
    | { readonly lufs: number; readonly rangeLu: number | null; readonly truePeakDbtp: number | null }
    | { readonly none: string }
    | null;
  readonly aac: (LinkedAsset & { readonly gainDb: number }) | null;
  /** As an image. */
  readonly waveform: LinkedAsset | null;
  /** Results of all other kinds: of steps that this command was not built with. */
  readonly others: readonly { readonly kind: string; readonly text: string }[];
  readonly latencyMs: number | null;
  readonly steps: readonly {
    readonly step: string;
    readonly how: string;
    readonly durationMs: number | null;
  }[];
  /** What was found odd about a file that was processed all the same. */
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  readonly failures: readonly {
    readonly step: string;
    readonly code: string;
    readonly message: string;
    /** As the API tells them: the code may be a step's own. */
    readonly words?: FailureWords;
  }[];
}

export interface LinkedAsset {
  readonly sizeBytes: number;
  readonly url: string;
}

/** A value with its confidence in 0 to 1; or the reason why the music has none. */
type Measured<T> = (T & { readonly confidence: number }) | { readonly none: string };

export function describeTrack(track: TrackResource, file: string): TrackRow {
  const pcm = readFacts(track, Pcm);
  const aac = readFacts(track, Aac);
  const title = [track.title, pcm?.tags.title, track.fileName, file].find((text) => text?.trim());
  return {
    trackId: track.id,
    file,
    title: title ?? file,
    state: track.state,
    durationSec: pcm?.durationSec ?? aac?.durationSec ?? null,
    tempo: describeTempo(track),
    key: describeKey(track),
    tags: readFacts(track, Tags)?.tags.map(({ tag }) => tag) ?? null,
    loudness: describeLoudness(track),
    aac: describeAac(track),
    waveform: describeAsset(track, WaveformSvg.name),
    others: describeOthers(track),
    latencyMs: track.latencyMs,
    steps: track.steps.map(({ step, how, attempt }) => ({
      step,
      how: how ?? "",
      durationMs: attempt && runMs(attempt),
    })),
    warnings: [...(pcm?.warnings ?? []), ...(aac?.warnings ?? [])],
    failures: track.steps.flatMap(({ step, error }) =>
      error
        ? [
            {
              step,
              code: error.code,
              message: error.message,
              words: { meaning: error.meaning, remedy: error.remedy },
            },
          ]
        : [],
    ),
  };
}

/** Kinds that have a place of their own in what is shown, or nothing to show. */
const ownKinds: ReadonlySet<string> = new Set(
  [Aac, Key, Loudness, Master, Mono16k, Pcm, Tags, Tempo, Waveform, WaveformSvg].map(({ name }) => name),
);

function describeOthers({ results }: TrackResource): TrackRow["others"] {
  return Object.entries(results)
    .filter(([kind]) => !ownKinds.has(kind))
    .map(([kind, { facts, asset }]) => {
      const size = asset ? [formatBytes(asset.sizeBytes)] : [];
      return { kind: printable(kind), text: [describeFacts(facts), ...size].join(", ") };
    });
}

function describeTempo(track: TrackResource): TrackRow["tempo"] {
  const tempo = readFacts(track, Tempo);
  if (!tempo) return null;
  if (tempo.bpm === null) return { none: tempo.reason ?? "" };
  return { bpm: tempo.bpm, confidence: tempo.confidence };
}

function describeKey(track: TrackResource): TrackRow["key"] {
  const key = readFacts(track, Key);
  if (!key) return null;
  if (key.key === null) return { none: key.reason ?? "" };
  const name = key.mode ? `${key.key} ${key.mode}` : key.key;
  return { name, camelot: key.camelot, confidence: key.confidence };
}

function describeLoudness(track: TrackResource): TrackRow["loudness"] {
  const loudness = readFacts(track, Loudness);
  if (!loudness) return null;
  const { integratedLufs: lufs, rangeLu, truePeakDbtp, reason } = loudness;
  return lufs === null ? { none: reason ?? "" } : { lufs, rangeLu, truePeakDbtp };
}

function describeAac(track: TrackResource): TrackRow["aac"] {
  const asset = describeAsset(track, Aac.name);
  return asset && { ...asset, gainDb: readFacts(track, Aac)?.gainDb ?? 0 };
}

function describeAsset(track: TrackResource, kind: string): LinkedAsset | null {
  const asset = track.results[kind]?.asset;
  return asset ? { sizeBytes: asset.sizeBytes, url: asset.latestUrl ?? asset.url } : null;
}

/** A result's facts, if it is there and in the form that its kind has today. */
function readFacts<Facts>(track: TrackResource, kind: Kind<string, Facts>): Facts | undefined {
  const result = track.results[kind.name];
  return result ? kind.facts.safeParse(result.facts).data : undefined;
}
