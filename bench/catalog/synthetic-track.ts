import { createHash } from "node:crypto";
import { type Chain, describeRequest } from "@segue/chain";
import {
  type Kind,
  kindsOf,
  ownKindOf,
  type StepOutcome,
  type StepSpec,
  type TrackAccepted,
} from "@segue/contracts";

/** Of a track of four minutes. */
const durationSec = 240;
const tags = ["electronic", "house", "dance", "techno", "synth", "rock", "pop", "chillout", "jazz", "guitar"];
const keys = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];

/** Numbers of a track's own: no two tracks have the same digits, as no two real ones have. */
interface Dice {
  /** From one number to another, with so many digits behind the point. */
  between(from: number, to: number, digits: number): number;
  pick<T>(all: readonly T[]): T;
}

/** @param n of a track. */
function diceOf(n: number): Dice {
  let state = (n + 1) * 0x9e37_79b9;
  // SplitMix32, in the public domain.
  const next = () => {
    state = (state + 0x9e37_79b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0_aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a_2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
  return {
    between: (from, to, digits) => Number((from + (to - from) * next()).toFixed(digits)),
    pick: (all) => all[Math.floor(next() * all.length)] as (typeof all)[number],
  };
}

function pcmFacts(between: Dice["between"]) {
  return {
    ...{ codec: "mp3", container: "mp3", bitDepth: null, bitRateKbps: between(128, 320, 1) },
    ...{ sourceSampleRateHz: 44_100, sourceChannels: 2, channelLayout: "stereo" },
    declaredDurationSec: between(durationSec, durationSec + 1, 3),
    durationSec: between(durationSec, durationSec + 1, 3),
    sampleCount: between(10_584_000, 10_628_100, 0),
    ...{ sampleRateHz: 44_100, channels: 2, truePeakDbtp: between(-2, 1, 2), gainDb: 0 },
    peakDb: between(-2, 0, 2),
    tags: {
      title: `A title of usual length ${between(0, 9_999, 0)}`,
      artist: `Somebody ${between(0, 9_999, 0)}`,
      album: `An album ${between(0, 9_999, 0)}`,
      date: `20${between(10, 26, 0)}`,
      genre: "House",
    },
    ...{ hasCover: true, warnings: [] },
  };
}

/** Facts as a real track of four minutes has them, as far as their size goes; by kind. */
function factsFor({ between, pick }: Dice): Readonly<Record<string, unknown>> {
  const bpm = between(70, 180, 2);
  const beats = Math.floor((durationSec * bpm) / 60);
  const first = between(0, 1, 3);
  const key = pick(keys);
  const mode = pick(["major", "minor"]);
  const camelot = `${between(1, 12, 0)}A`;
  return {
    pcm: pcmFacts(between),
    mono16k: {
      ...{ sampleRateHz: 16_000, sampleCount: between(3_840_000, 3_856_000, 0) },
      durationSec: between(durationSec, durationSec + 1, 3),
      ...{ peakDb: between(-3, 0, 2), rmsDb: between(-20, -8, 2), silent: false, mix: "mean" },
    },
    tempo: {
      ...{ bpm, confidence: between(0, 1, 2) },
      curve: Array.from({ length: 16 }, (_, n) => ({
        ...{ startSec: n * 15, bpm: between(bpm - 1, bpm + 1, 1), confidence: between(0.5, 1, 2) },
      })),
      // Nobody plays to the millisecond, and no analysis hears to it.
      beatsSec: Array.from({ length: beats }, (_, n) =>
        Number((first + (n * 60) / bpm + between(0, 0.02, 3)).toFixed(3)),
      ),
      alternatives: [
        { bpm: Number((bpm / 2).toFixed(2)), relation: "half" },
        { bpm: Number((bpm * 2).toFixed(2)), relation: "double" },
      ],
    },
    key: {
      ...{ key, mode, strength: between(0.3, 1, 2), confidence: between(0, 1, 2), camelot, openKey: "4m" },
      curve: Array.from({ length: 8 }, (_, n) => ({
        ...{ startSec: n * 30, key: pick([key, pick(keys)]), mode, camelot, confidence: between(0, 1, 2) },
      })),
    },
    loudness: {
      integratedLufs: between(-18, -5, 2),
      rangeLu: between(1, 12, 2),
      truePeakDbtp: between(-2, 1, 2),
      maxMomentaryLufs: between(-12, -3, 2),
      maxShortTermLufs: between(-12, -4, 2),
      measuredChannels: [
        { name: "FL", weight: 1 },
        { name: "FR", weight: 1 },
      ],
    },
    tags: {
      tags: Array.from({ length: 5 }, () => ({ tag: pick(tags), score: between(0, 1, 3) })),
      model: { name: "musicnn", version: "1", digest: "a".repeat(64) },
      patches: 160,
    },
    aac: {
      ...{ codec: "aac", bitRateKbps: between(120, 135, 1), sampleRateHz: 44_100, channels: 2 },
      ...{
        durationSec: between(durationSec, durationSec + 1, 3),
        gainDb: 0,
        truePeakDbtp: between(-2, 0, 1),
      },
    },
  };
}

/** What a client's track and its steps say to the catalog; the files that they speak of do not exist. */
export function syntheticTrack(chain: Chain<StepSpec>, n: number) {
  const id = `01900000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
  const master = createHash("sha256").update(`master ${n}`).digest("hex");
  const at = (ms: number) => new Date(Date.UTC(2026, 0, 1) + n * 50 + ms).toISOString();
  const wants = chain.wantsFor(chain.defaultTargets).map(({ name }) => name);
  const asked = {
    trackId: id,
    requestId: id,
    master,
    wants,
    cause: "submission",
    requestedAt: at(0),
  } as const;
  const accepted: TrackAccepted = {
    v: 1,
    type: "TrackAccepted",
    trackId: id,
    master,
    sizeBytes: durationSec * 40_000,
    fileName: `song number ${n}.mp3`,
    title: null,
    source: "upload",
    request: describeRequest(chain, { ...asked, targets: [...chain.defaultTargets] }),
    acceptedAt: at(0),
    job: null,
  };
  const addresses = chain.addressesFor(master);
  const dice = diceOf(n);
  const facts = factsFor(dice);
  const outcomes = chain.steps
    .filter(({ name }) => wants.includes(name))
    .map((step, index): StepOutcome => {
      const kind = ownKindOf(step);
      const address = addresses.get(kind) ?? "";
      return {
        ...{
          v: 1,
          type: "StepOutcome",
          requestId: id,
          trackId: id,
          master,
          step: step.name,
          version: step.version,
        },
        ...{ kind, address, how: "computed", outcome: succeeded(kindsOf(step), address, facts, dice) },
        attempt: {
          worker: `analysis-7d9c6b5f4-x${n % 50}:1`,
          startedAt: at(1_000 + index * 300),
          finishedAt: at(1_250 + index * 300 + dice.between(0, 49, 0)),
          durationMs: dice.between(250, 299, 1),
          cpuMs: dice.between(100, 249, 3),
          gpuMs: null,
          earlier: [],
          deliveryAttempt: 1,
        },
        at: at(1_300 + index * 300),
      };
    });
  return { accepted, outcomes };
}

/** One that is no audio. */
export function failedTrack(chain: Chain<StepSpec>, n: number) {
  const { accepted, outcomes } = syntheticTrack(chain, n);
  const error = { code: "not-audio", message: "expected audio" } as const;
  return {
    accepted,
    outcomes: outcomes
      .slice(0, 1)
      .map((first) => ({ ...first, outcome: { status: "failed", error } as const })),
  };
}

function succeeded(
  [kind]: readonly Kind[],
  address: string,
  facts: Readonly<Record<string, unknown>>,
  { between }: Dice,
): StepOutcome["outcome"] {
  const { name = "", payload: form = null, retention = "derivative" } = kind ?? {};
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(between(0, 0xffff_ffff, 0));
  const payload = form && {
    bucket: `segue-${retention === "intermediate" ? "scratch" : "assets"}`,
    name: `${address}.${form.extension}`,
    sizeBytes: between(3_800_000, 42_000_000, 0),
    crc32c: crc.toString("base64"),
    contentType: form.contentType,
  };
  return { status: "succeeded", facts: facts[name] ?? {}, payload };
}
