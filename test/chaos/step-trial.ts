import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { PubSub } from "@google-cloud/pubsub";
import { createLedgers, findRecord, recordName } from "@segue/artifacts";
import { createNames, localNaming, planRequest } from "@segue/chain";
import { type ArtifactRecord, createId, Ledger, ledgerObjectName } from "@segue/contracts";
import { createPublisher, createSend } from "@segue/queue";
import type { ObjectStore } from "@segue/store";
import project from "../../segue.config.ts";
import { digestObject, withoutAttempt } from "./object-state.ts";
import { signalTree } from "./process-tree.ts";
import type { ProcessWatch } from "./process-watch.ts";
import type { ChaosFleet } from "./run-fleet.ts";
import type { Tap } from "./tap.ts";

const names = createNames(localNaming);
/** What a pod gets between SIGTERM and SIGKILL. */
const noticeMs = 15_000;
/** Catches a lost message: redelivery backs off up to a minute, and an intermediate that is gone is made again first. */
const lostAfterMs = 600_000;

/** One step of one track that was processed undisturbed: what to ask for again, and what must come of it. */
export interface StepTarget {
  readonly service: string;
  readonly step: string;
  readonly master: string;
  /** The artifact whose announcement makes the step run. */
  readonly trigger: ArtifactRecord;
  readonly expected: ArtifactRecord;
  /** SHA-256 of its payload; undefined for facts, and where it was handed on without being stored. */
  readonly digest: string | undefined;
}

export interface Trial {
  readonly signal: "SIGTERM" | "SIGKILL";
  readonly atMs: number;
  /** From asking to the result. */
  readonly tookMs: number;
  /** From SIGTERM to exit. */
  readonly drainMs: number | null;
  /** Undefined: the result came, and is the same. */
  readonly wrong: string | undefined;
}

export interface TrialContext {
  readonly chaos: ChaosFleet;
  readonly pubsub: PubSub;
  readonly watch: ProcessWatch;
  readonly tap: Tap;
}

/** Forgets a step's result, asks for it again, signals its worker `atMs` later, and waits for the result. */
export async function runTrial(
  context: TrialContext,
  target: StepTarget,
  signal: Trial["signal"],
  atMs: number,
): Promise<Trial> {
  const { chaos, pubsub, watch, tap } = context;
  const pid = await readyProcess(context, target.service);
  await forget(chaos, target);
  const trackId = createId(new Date());
  const heard = tap.nextOutcome((outcome) => outcome.trackId === trackId && outcome.step === target.step);
  await ask(pubsub, target, trackId);
  const askedAt = performance.now();
  await delay(atMs);
  const signalledAt = performance.now();
  watch.expectEnd(pid);
  if (signal === "SIGKILL") signalTree(pid, "SIGKILL");
  else process.kill(pid, "SIGTERM");
  const drained = watchDrain(watch, pid);
  const outcome = await Promise.race([heard, delay(lostAfterMs, undefined, { ref: false })]);
  const tookMs = performance.now() - askedAt;
  const endedAt = await drained;
  return {
    signal,
    atMs,
    tookMs,
    drainMs: signal === "SIGTERM" ? endedAt - signalledAt : null,
    wrong: outcome ? await compare(chaos, target) : `no outcome after ${lostAfterMs / 1000} s`,
  };
}

async function readyProcess({ chaos, watch }: TrialContext, service: string): Promise<number> {
  for (;;) {
    const pid = chaos.fleet.processes().find((process) => process.service === service)?.pid;
    const seen = pid === undefined ? undefined : watch.seen(pid);
    if (pid !== undefined && seen?.readyAt !== undefined && seen.endedAt === undefined) return pid;
    await delay(50);
  }
}

async function forget({ store }: ChaosFleet, { master, expected }: StepTarget): Promise<void> {
  const { address, outcome } = expected;
  await store.deleteObject({ bucket: names.bucket("records"), name: recordName(address) });
  await strikeOut(store, master, address);
  if (outcome.status === "succeeded" && outcome.payload) await store.deleteObject(outcome.payload);
}

/** No other record of this master is written meanwhile. */
async function strikeOut(store: ObjectStore, master: string, address: string): Promise<void> {
  const ref = { bucket: names.bucket("records"), name: ledgerObjectName(master) };
  if (!(await store.statObject(ref))) return;
  const { records, ...rest } = Ledger.parse(await store.readJson(ref));
  const { [address]: _, ...left } = records;
  const body = Buffer.from(JSON.stringify({ ...rest, records: left } satisfies Ledger));
  await store.writeObject({ ...ref, body, contentType: "application/json", createOnly: false });
}

async function ask(pubsub: PubSub, { step, master, trigger }: StepTarget, trackId: string): Promise<void> {
  const { chain } = project;
  const publisher = createPublisher(createSend(pubsub, names), chain);
  const request = planRequest(chain, { requestId: trackId, trackId, master, wants: [step] });
  await publisher.fact(trigger, request);
}

async function watchDrain(watch: ProcessWatch, pid: number): Promise<number> {
  const ended = watch.ended(pid);
  await Promise.race([ended, delay(noticeMs)]);
  if (watch.seen(pid)?.endedAt === undefined) signalTree(pid, "SIGKILL");
  return (await ended).endedAt ?? performance.now();
}

async function compare({ store }: ChaosFleet, target: StepTarget): Promise<string | undefined> {
  const { address, outcome } = target.expected;
  const found =
    (await findRecord(store, names, project.chain.storedKind(target.expected.kind), address)) ??
    (await createLedgers(store, names).of(target.master).find(address));
  if (!found) return `there is no record at ${address}`;
  const record = withoutAttempt(found.record);
  if (!isDeepStrictEqual(record, target.expected))
    return `${JSON.stringify(record)} is not ${JSON.stringify(target.expected)}`;
  if (outcome.status !== "succeeded" || !outcome.payload) return undefined;
  if (target.digest === undefined) return undefined;
  const digest = await digestObject(store, outcome.payload);
  return digest === target.digest ? undefined : "its payload has other bytes";
}
