import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { ApiClient } from "@segue/client";
import type { UsageRow } from "@segue/local-cloud/usage";
import { countUnderWay, type MeasuredFleet, readSample, since } from "./read-sample.ts";

export interface CountedTrack {
  readonly rows: readonly UsageRow[];
  readonly elapsedMs: number;
}

/** Only what hangs takes so long. */
const hangMs = 1_200_000;
/** What follows a track's last ack, and what comes before its first message, is over by then. */
const quietMs = 1_500;

/**
 * Posts a file and counts what its track uses, until no message is under way any more. Nothing is asked of the API meanwhile: that
 * would be counted too.
 *
 * @throws if the track does not end as `done`, or is not new: then nothing of it is computed.
 */
export async function countTrack(
  fleet: MeasuredFleet & { readonly api: ApiClient },
  path: string,
): Promise<CountedTrack> {
  await untilQuiet(fleet.dataDir);
  const before = await readSample(fleet);
  const { size: sizeBytes } = await stat(path);
  const startedAt = performance.now();
  const upload = { body: createReadStream(path), sizeBytes, fileName: basename(path) };
  const { id } = await fleet.api.postUpload(upload);
  await untilQuiet(fleet.dataDir);
  const elapsedMs = performance.now() - startedAt;
  const rows = since(before, await readSample(fleet));
  const track = await fleet.api.readTrack(id);
  if (track?.state !== "done") throw new Error(`expected ${path} to be done, it is ${track?.summary}`);
  const known = track.steps.filter(({ how }) => how !== "computed").map(({ step }) => step);
  if (known.length > 0) throw new Error(`${path} is not new: ${known.join(", ")} had been made before`);
  return { rows, elapsedMs };
}

async function untilQuiet(dataDir: string): Promise<void> {
  const deadline = performance.now() + hangMs;
  let quietSince = performance.now();
  while (performance.now() - quietSince < quietMs) {
    if (performance.now() > deadline) throw new Error(`messages are still under way after ${hangMs} ms`);
    await delay(100);
    if ((await countUnderWay(dataDir)) !== 0) quietSince = performance.now();
  }
}
