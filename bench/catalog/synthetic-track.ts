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

/** Of a track of four minutes, at 120 BPM. */
const durationSec = 240;
const beats = Array.from({ length: 480 }, (_, n) => Number((0.371 + n * 0.5003).toFixed(3)));

/** Facts as a real track of four minutes has them, as far as their size goes; by kind. */
const factsOf: Readonly<Record<string, unknown>> = {
  pcm: {
    codec: "mp3",
    container: "mp3",
    bitDepth: null,
    bitRateKbps: 320.1,
    sourceSampleRateHz: 44_100,
    sourceChannels: 2,
    channelLayout: "stereo",
    declaredDurationSec: 240.039,
    durationSec: 240.013,
    sampleCount: 10_584_576,
    sampleRateHz: 44_100,
    channels: 2,
    truePeakDbtp: -0.34,
    gainDb: 0,
    peakDb: -0.41,
    tags: {
      title: "A title of usual length",
      artist: "Somebody",
      album: "An album",
      date: "2024",
      genre: "House",
    },
    hasCover: true,
    warnings: [],
  },
  mono16k: {
    sampleRateHz: 16_000,
    sampleCount: 3_840_208,
    durationSec: 240.013,
    peakDb: -1.07,
    rmsDb: -14.21,
    silent: false,
    mix: "mean",
  },
  tempo: {
    bpm: 119.93,
    confidence: 0.86,
    curve: Array.from({ length: 16 }, (_, n) => ({ startSec: n * 15, bpm: 119.9, confidence: 0.84 })),
    beatsSec: beats,
    alternatives: [
      { bpm: 59.96, relation: "half" },
      { bpm: 239.86, relation: "double" },
    ],
  },
  key: {
    key: "F#",
    mode: "minor",
    strength: 0.81,
    confidence: 0.63,
    camelot: "11A",
    openKey: "4m",
    curve: Array.from({ length: 8 }, (_, n) => ({
      ...{ startSec: n * 30, key: "F#", mode: "minor", camelot: "11A", confidence: 0.61 },
    })),
  },
  loudness: {
    integratedLufs: -9.43,
    rangeLu: 5.62,
    truePeakDbtp: -0.34,
    maxMomentaryLufs: -6.21,
    maxShortTermLufs: -7.4,
    measuredChannels: [
      { name: "FL", weight: 1 },
      { name: "FR", weight: 1 },
    ],
  },
  tags: {
    tags: ["electronic", "house", "dance", "techno", "synth"].map((tag, n) => ({ tag, score: 0.9 - n / 10 })),
    model: { name: "musicnn", version: "1", digest: "a".repeat(64) },
    patches: 160,
  },
  aac: {
    ...{ codec: "aac", bitRateKbps: 128.3, sampleRateHz: 44_100, channels: 2, durationSec: 240.013 },
    gainDb: 0,
    truePeakDbtp: -0.2,
  },
};

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
        ...{ kind, address, how: "computed", outcome: succeeded(kindsOf(step), address, master) },
        attempt: {
          worker: `analysis-7d9c6b5f4-x${n % 50}:1`,
          startedAt: at(1_000 + index * 300),
          finishedAt: at(1_250 + index * 300),
          durationMs: 250.4,
          cpuMs: 214.731,
          gpuMs: null,
          earlier: [],
          deliveryAttempt: 1,
        },
        at: at(1_300 + index * 300),
      };
    });
  return { accepted, outcomes };
}

function succeeded([kind]: readonly Kind[], address: string, master: string): StepOutcome["outcome"] {
  const { name = "", payload: form = null, retention = "derivative" } = kind ?? {};
  const payload = form && {
    bucket: `segue-${retention === "intermediate" ? "scratch" : "assets"}`,
    name: `${address}.${form.extension}`,
    sizeBytes: 3_900_000 + Number.parseInt(master.slice(0, 4), 16),
    crc32c: `${master.slice(0, 6)}==`,
    contentType: form.contentType,
  };
  return { status: "succeeded", facts: factsOf[name] ?? {}, payload };
}
