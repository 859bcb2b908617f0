// The chain: one list of services. Topics, subscriptions, buckets, processes, charts and docs derive from it.
import { key, tempo } from "@segue/bpm-key";
import { catalog } from "@segue/catalog";
import { decode } from "@segue/decode";
import { downsample } from "@segue/downsample";
import { encode } from "@segue/encode";
import { fetch } from "@segue/fetch";
import { ingest } from "@segue/ingest";
import { loudness } from "@segue/loudness";
import { defineFleet } from "@segue/step";
import { tags } from "@segue/tagging";
import { waveform, waveformSvg } from "@segue/waveform";

const services = {
  ingest,
  fetch,
  catalog,
  decode: [decode],
  downsample: [downsample],
  "bpm-key": [tempo, key],
  tagging: [tags],
  encode: [encode],
  loudness: [loudness],
  waveform: [waveform, waveformSvg],
};

/** `SEGUE_PLACEMENT=economy`: all that is made of one master is made in one attempt, and what is handed on is not stored. */
const economy = {
  analysis: ["decode", "downsample", "bpm-key", "tagging", "encode", "loudness", "waveform"],
} as const;

export default defineFleet(services, { economy });
