import { setTimeout as delay } from "node:timers/promises";
import { type PcmFacts, Problem, TrackList, TrackReceipt, TrackResource } from "@segue/contracts";
import type { HostileFile, Outcome } from "../corpus/hostile-file.ts";

export interface Fed {
  readonly file: HostileFile;
  readonly outcome: Outcome;
  /** In words; the empty string where all went well. */
  readonly message: string;
  /** Of every step that ran. */
  readonly attempts: readonly {
    readonly step: string;
    readonly durationMs: number;
    readonly deliveryAttempt: number;
  }[];
}

/** Tracks that wait for the fleet at the same time: more would only queue. */
const atOnce = 24;
const pollMs = 300;
/** For a file that is tried over and over. */
const hangMs = 400_000;

/** Sends files to a fleet's API and waits until every step of every track has ended. */
export async function feedCorpus(
  apiUrl: string,
  files: readonly HostileFile[],
  onFed: (fed: Fed) => void,
): Promise<void> {
  const queue = [...files];
  const under = new Map<string, { file: HostileFile; sinceMs: number }>();
  while (queue.length > 0 || under.size > 0) {
    while (under.size < atOnce && queue.length > 0) {
      const file = queue.shift();
      if (!file) break;
      const answer = await post(apiUrl, file);
      if ("outcome" in answer) onFed({ file, attempts: [], ...answer });
      else under.set(answer.id, { file, sinceMs: performance.now() });
    }
    for (const id of await endedAmong(apiUrl, [...under.keys()])) {
      const { file } = under.get(id) ?? {};
      under.delete(id);
      if (file) onFed(await look(apiUrl, id, file));
    }
    for (const [id, { file, sinceMs }] of under) {
      if (performance.now() - sinceMs > hangMs) throw new Error(`${file.name}: ${id} hangs`);
    }
    await delay(pollMs);
  }
}

async function post(
  apiUrl: string,
  file: HostileFile,
): Promise<{ id: string } | { outcome: Outcome; message: string }> {
  const url = new URL(`/v1/tracks?${new URLSearchParams({ filename: file.fileName })}`, apiUrl);
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: Buffer.from(await file.make()),
  });
  const answer: unknown = await response.json();
  if (response.status === 202) return TrackReceipt.parse(answer);
  const { code, detail } = Problem.parse(answer);
  return { outcome: { state: "refused", code }, message: detail };
}

async function endedAmong(apiUrl: string, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const query = new URLSearchParams({ ids: ids.join(","), limit: "200" });
  const response = await fetch(new URL(`/v1/tracks?${query}`, apiUrl));
  const { tracks } = TrackList.parse(await response.json());
  return tracks.filter(({ finishedAt }) => finishedAt !== null).map(({ id }) => id);
}

async function look(apiUrl: string, id: string, file: HostileFile): Promise<Fed> {
  const response = await fetch(new URL(`/v1/tracks/${id}`, apiUrl));
  const track = TrackResource.parse(await response.json());
  const attempts = track.steps.flatMap(({ step, attempt }) =>
    attempt ? [{ step, durationMs: attempt.durationMs, deliveryAttempt: attempt.deliveryAttempt }] : [],
  );
  return { file, attempts, ...outcomeOf(track) };
}

function outcomeOf(track: TrackResource): { outcome: Outcome; message: string } {
  const failure = track.steps.find(({ status }) => status === "failed");
  if (failure?.error) {
    const { code, message } = failure.error;
    const outcome: Outcome =
      failure.step === "decode" ? { state: "failed", code } : { state: "partial", step: failure.step, code };
    return { outcome, message };
  }
  const facts = track.results.pcm?.facts as PcmFactsOf;
  const warnings = facts.warnings.map(({ code }) => code);
  return { outcome: { state: "done", warnings, facts }, message: "" };
}

type PcmFactsOf = ReturnType<typeof PcmFacts.parse>;
