import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { TrackReceipt, TrackResource } from "@segue/contracts";
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
  fleet: MeasuredFleet & { readonly apiUrl: string },
  path: string,
): Promise<CountedTrack> {
  await untilQuiet(fleet.dataDir);
  const before = await readSample(fleet);
  const startedAt = performance.now();
  const answer = await fetch(
    new URL(`/v1/tracks?filename=${encodeURIComponent(basename(path))}`, fleet.apiUrl),
    {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      body: await openAsBlob(path),
    },
  );
  if (!answer.ok) throw new Error(`POST answered ${answer.status}: ${await answer.text()}`);
  const { url } = TrackReceipt.parse(await answer.json());
  await untilQuiet(fleet.dataDir);
  const elapsedMs = performance.now() - startedAt;
  const rows = since(before, await readSample(fleet));
  const track = TrackResource.parse(await (await fetch(new URL(url, fleet.apiUrl))).json());
  if (track.state !== "done") throw new Error(`expected ${path} to be done, it is ${track.summary}`);
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
