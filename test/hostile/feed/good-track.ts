import { demoTrack } from "@segue/synth";
import type { Client } from "../../support/fleet-under-test.ts";
import { uint32LE } from "../corpus/bytes.ts";
import { chunk } from "../corpus/wav-bytes.ts";

/** Sends the demo track, as a master of its own each time, and returns how long its results took, in ms. */
export function createGoodTrack(client: Client): () => Promise<number> {
  const { wav } = demoTrack();
  let sent = 0;
  return async () => {
    sent += 1;
    const { id } = await client.post(Buffer.concat([wav, chunk("junk", uint32LE(sent))]));
    const track = await client.ended(id);
    if (track.state !== "done") throw new Error(`a good track ended as ${track.state}: ${track.summary}`);
    return track.latencyMs ?? Number.POSITIVE_INFINITY;
  };
}

/** The least of some times: what else the machine does can only make a track slower. */
export async function fastestOf(count: number, measure: () => Promise<number>): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i++) fastest = Math.min(fastest, await measure());
  return fastest;
}
