import { setTimeout as delay } from "node:timers/promises";
import { type ApiClient, ApiRefusal, createApiClient, hasEnded } from "@segue/client";
import type { PcmFacts, TrackResource } from "@segue/contracts";
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
/** Over what twelve hours of audio take where every attempt is starved, and waits minutes before the next. */
const hangMs = 7_200_000;

/** Sends files to a fleet's API and waits until every step of every track has ended. */
export async function feedCorpus(
  apiUrl: string,
  files: readonly HostileFile[],
  onFed: (fed: Fed) => void,
): Promise<void> {
  const queue = [...files];
  const under = new Map<string, { file: HostileFile; sinceMs: number }>();
  const api = createApiClient(apiUrl);
  while (queue.length > 0 || under.size > 0) {
    while (under.size < atOnce && queue.length > 0) {
      const file = queue.shift();
      if (!file) break;
      const answer = await post(api, file);
      if ("outcome" in answer) onFed({ file, attempts: [], ...answer });
      else under.set(answer.id, { file, sinceMs: performance.now() });
    }
    for (const { id } of (await api.readProgress([...under.keys()])).filter(hasEnded)) {
      const { file } = under.get(id) ?? {};
      under.delete(id);
      if (file) onFed(await look(api, id, file));
    }
    for (const [id, { file, sinceMs }] of under) {
      if (performance.now() - sinceMs > hangMs) throw new Error(`${file.name}: ${id} hangs`);
    }
    await delay(pollMs);
  }
  await api[Symbol.asyncDispose]();
}

async function post(
  api: ApiClient,
  file: HostileFile,
): Promise<{ id: string } | { outcome: Outcome; message: string }> {
  try {
    return await api.postUpload({ body: Buffer.from(await file.make()), fileName: file.fileName });
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error;
    return { outcome: { state: "refused", code: error.code }, message: error.message };
  }
}

async function look(api: ApiClient, id: string, file: HostileFile): Promise<Fed> {
  const track = await api.readTrack(id);
  if (!track) throw new Error(`${file.name}: the API has forgotten ${id}`);
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
