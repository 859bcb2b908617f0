// The chain: one list of services. Topics, subscriptions, buckets, processes, charts and docs derive from it.
import { bpmKeyService } from "@segue/bpm-key";
import { catalog } from "@segue/catalog";
import { decodeService } from "@segue/decode";
import { downsampleService } from "@segue/downsample";
import { encodeService } from "@segue/encode";
import { fetch } from "@segue/fetch";
import { ingest } from "@segue/ingest";
import { loudnessService } from "@segue/loudness";
import { defineFleet } from "@segue/step";
import { taggingService } from "@segue/tagging";
import { waveformService } from "@segue/waveform";

const services = {
  ingest,
  fetch,
  catalog,
  decode: decodeService,
  downsample: downsampleService,
  "bpm-key": bpmKeyService,
  tagging: taggingService,
  encode: encodeService,
  loudness: loudnessService,
  waveform: waveformService,
};

/** `SEGUE_PLACEMENT=economy`: all that is made of one master is made in one attempt, and what is handed on is not stored. */
const economy = {
  analysis: ["decode", "downsample", "bpm-key", "tagging", "encode", "loudness", "waveform"],
} as const;

export default defineFleet(services, { economy });
