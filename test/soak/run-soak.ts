import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createNames, deriveTopology, localNaming } from "@segue/chain";
import { type Kind, Mono16k } from "@segue/contracts";
import { ensureTopology, projectFleetUrl } from "@segue/launcher";
import { startGcsServer, startPubSubServer } from "@segue/local-cloud";
import { createPublisher, createPubSub, createSend } from "@segue/queue";
import { isServer, loadFleet } from "@segue/step";
import { createObjectStore } from "@segue/store";
import { type FittedLine, fitLine, meansOfBlocks } from "./fit-line.ts";
import { makeInputs } from "./make-inputs.ts";
import { startWorker, type Worker } from "./start-worker.ts";

export interface Sample {
  /** Deliveries that had ended. */
  readonly messages: number;
  readonly residentMiB: number;
}

export interface Soak {
  readonly samples: readonly Sample[];
  /** Of resident memory over messages, after the warm-up: MiB per message. */
  readonly line: FittedLine;
  readonly endings: ReadonlyMap<string, number>;
  readonly tookMs: number;
}

export interface SoakOptions {
  /** One with steps that consume `mono16k`: these are wanted. */
  readonly service: string;
  readonly messages: number;
  onSample?(sample: Sample): void;
}

/** Share of the messages in which caches fill and code is compiled: no part of the fit. */
const warmUpShare = 0.25;
const blocks = 30;
const sampleEveryMs = 400;
/** Messages that wait at the queue. */
const backlog = 200;

/** Sends messages through one worker process over the local cloud and watches its memory. */
export async function runSoak(options: SoakOptions): Promise<Soak> {
  const dir = await mkdtemp(join(tmpdir(), "segue-soak-"));
  const gcs = await startGcsServer({ host: "127.0.0.1", port: 0, dataDir: join(dir, "gcs") });
  const queue = await startPubSubServer({ host: "127.0.0.1", port: 0, dataDir: join(dir, "pubsub") });
  const projectId = "segue-local";
  const pubsub = createPubSub(projectId, { apiEndpoint: `127.0.0.1:${queue.port}`, emulatorMode: true });
  try {
    const { chain, services } = await loadFleet(projectFleetUrl);
    const service = services.get(options.service);
    if (!service || isServer(service))
      throw new TypeError(`expected a service of steps, got ${options.service}`);
    const store = createObjectStore({ projectId, apiEndpoint: gcs.url });
    const names = createNames(localNaming);
    await ensureTopology(pubsub, store, deriveTopology(chain, names));
    const wants = service.steps
      .filter(({ consumes }) => Object.values<Kind>(consumes).some(({ name }) => name === Mono16k.name))
      .map(({ name }) => name);
    const factOf = await makeInputs(store, chain, wants);
    const env = {
      GOOGLE_CLOUD_PROJECT: projectId,
      PUBSUB_EMULATOR_HOST: `127.0.0.1:${queue.port}`,
      SEGUE_GCS_ENDPOINT: gcs.url,
      SEGUE_SCRATCH_DIR: join(dir, "scratch"),
      SEGUE_LOG_LEVEL: "warn",
    };
    const worker = await startWorker(options.service, env, join(dir, "worker.log"));
    const startedAt = performance.now();
    try {
      const publisher = createPublisher(createSend(pubsub, names), chain);
      const announce = async (number: number) => {
        const { record, request } = factOf(number);
        await publisher.fact(record, request);
      };
      const watched = await watch(worker, options, wants.length, announce);
      return { ...watched, tookMs: performance.now() - startedAt };
    } finally {
      await worker[Symbol.asyncDispose]();
    }
  } finally {
    await pubsub.close();
    await queue.close();
    await gcs.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Each announcement is a message for each of the service's steps. */
async function watch(
  worker: Worker,
  { messages, onSample }: SoakOptions,
  steps: number,
  announce: (number: number) => Promise<void>,
): Promise<Pick<Soak, "samples" | "line" | "endings">> {
  const samples: Sample[] = [];
  let announced = 0;
  for (;;) {
    const endings = await worker.deliveries();
    const ended = [...endings.values()].reduce((sum, count) => sum + count, 0);
    const sample = { messages: ended, residentMiB: await worker.residentMiB() };
    samples.push(sample);
    onSample?.(sample);
    if (ended >= messages) return { samples, line: fit(samples, messages), endings };
    const room = Math.min(messages, ended + backlog) / steps - announced;
    await Promise.all(Array.from({ length: Math.max(0, Math.ceil(room)) }, () => announce(announced++)));
    await delay(sampleEveryMs);
  }
}

function fit(samples: readonly Sample[], messages: number): FittedLine {
  const warm = samples.filter((sample) => sample.messages >= warmUpShare * messages);
  const points = warm.map((sample) => ({ x: sample.messages, y: sample.residentMiB }));
  return fitLine(meansOfBlocks(points, blocks));
}
