import { once } from "node:events";
import { rm } from "node:fs/promises";
import type { DataFolder } from "./data-folder.ts";
import { type ManagedProcess, type ProcessSpec, startProcess } from "./managed-process.ts";
import type { SlotServer } from "./slot-server.ts";
import { type PulseLimits, patientPulse, watchPulse } from "./watch-pulse.ts";

export type Role = "cloud" | "service";

/** A process of a fleet; a process that is started again keeps its name. */
export interface FleetProcess {
  readonly name: string;
  /** The service, or the part of the cloud, of which this is one process. */
  readonly service: string;
  readonly role: Role;
  readonly pid: number;
}

export type ProcessEvent = FleetProcess &
  (
    | { readonly type: "started" | "ready" }
    | {
        readonly type: "ended";
        readonly code: number | null;
        readonly signal: NodeJS.Signals | null;
        /** Of one that ran and answered no more, and was ended for it: in words. */
        readonly silence?: string;
      }
  );

export interface SupervisorOptions {
  /** How long a service that was told to stop is waited for, before it is killed. */
  readonly serviceStopMs: number;
  /** Aborted: what starts is not waited for. */
  readonly signal?: AbortSignal;
  /** How patiently processes are pinged. */
  readonly pulse?: PulseLimits;
  log?(line: string): void;
  onProcess?(event: ProcessEvent): void;
}

/** Keeps processes running: one that ends is started again, and one that runs and answers no more is ended. */
export interface Supervisor {
  /** Resolves when all of them are ready; rejects with the signal's reason if that is aborted first. */
  startAll(specs: readonly ProcessSpec[], role: Role): Promise<void>;
  processes(): readonly FleetProcess[];
  /** Services first, then the cloud. */
  stop(): Promise<void>;
  /** All at once, as a power cut would. */
  kill(): Promise<void>;
}

/** Past this a part of the cloud that does not stop is killed. */
const cloudStopMs = 10_000;
const restartDelayMs = 500;

interface Live extends FleetProcess {
  readonly process: ManagedProcess;
  /** Settles when the process has ended and its scratch folder is gone. */
  readonly ended: Promise<void>;
}

export function createSupervisor(
  folder: DataFolder,
  slots: SlotServer,
  options: SupervisorOptions,
): Supervisor {
  const { live, start, remember, endRestarts } = keepProcesses(folder, options);
  const ofRole = (role: Role) => [...live.values()].filter((entry) => entry.role === role);
  const close = () => slots[Symbol.asyncDispose]().then(() => folder[Symbol.asyncDispose]());
  return {
    async startAll(specs, role) {
      options.signal?.throwIfAborted();
      const started = specs.map((spec) => start(spec, role).ready);
      await remember();
      const ready = Promise.all(started);
      await (options.signal ? unlessAborted(ready, options.signal) : ready);
    },
    processes: () => [...live.values()].map(({ name, service, role, pid }) => ({ name, service, role, pid })),
    async kill() {
      endRestarts();
      for (const { process } of live.values()) process.kill("SIGKILL");
      await Promise.all([...live.values()].map(({ ended }) => ended));
      await close();
    },
    async stop() {
      endRestarts();
      await endAll(ofRole("service"), options.serviceStopMs);
      await endAll(ofRole("cloud"), cloudStopMs);
      await close();
    },
  };
}

/** Processes by name, of each the one that runs now or ran last: what ends is started again, until it is told not to be. */
function keepProcesses(folder: DataFolder, options: SupervisorOptions) {
  const live = new Map<string, Live>();
  const silences = new WeakMap<ManagedProcess, string>();
  let stopping = false;
  const tell = (
    { name, service, role, pid }: FleetProcess,
    what: { type: "started" | "ready" } | Omit<ProcessEvent & { type: "ended" }, keyof FleetProcess>,
  ) => options.onProcess?.({ name, service, role, pid, ...what });
  const remember = () => folder.rememberProcesses([...live.values()].map(({ pid }) => pid));

  const start = (spec: ProcessSpec, role: Role): ManagedProcess => {
    const process = startProcess(spec, folder.logDir);
    const { name, service } = spec;
    const about = { name, service, role, pid: process.pid };
    const ended = process.exited.then(async ({ code, signal }) => {
      const silence = silences.get(process);
      tell(about, { type: "ended", code, signal, ...(silence === undefined ? {} : { silence }) });
      await removeScratch(spec);
      if (stopping) return;
      options.log?.(`${name} ended (${signal ?? `exit code ${code}`}); starting it again`);
      setTimeout(() => {
        if (stopping) return;
        start(spec, role);
        void remember();
      }, restartDelayMs);
    });
    live.set(name, { ...about, process, ended });
    tell(about, { type: "started" });
    const onReady = () => {
      tell(about, { type: "ready" });
      void endWhenSilent(spec, process);
    };
    process.ready.then(onReady, () => {});
    return process;
  };
  const endWhenSilent = async (spec: ProcessSpec, process: ManagedProcess) => {
    const reason = await untilSilent(spec, process, options.pulse ?? patientPulse);
    if (reason === null || stopping) return;
    const silence = `it ran, and did not answer any more (${reason}); ${await process.explain().catch(String)}`;
    silences.set(process, silence);
    options.log?.(`${spec.name}: ${silence}; ending it`);
    process.kill("SIGKILL");
  };
  const endRestarts = () => {
    stopping = true;
  };
  return { live: live as ReadonlyMap<string, Live>, start, remember, endRestarts };
}

/** @throws the signal's reason, if it is aborted before the work is done. */
async function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const aborted = async () => {
    if (!signal.aborted) await once(signal, "abort", { signal: over.signal });
    signal.throwIfAborted();
  };
  await Promise.race([work, aborted()]).finally(() => over.abort());
}

/** Why it is taken for silent; null for one that ends by itself, or can't be pinged. */
async function untilSilent(
  { ping }: ProcessSpec,
  process: ManagedProcess,
  pulse: PulseLimits,
): Promise<string | null> {
  if (!ping) return null;
  const ended = new AbortController();
  void process.exited.then(() => ended.abort());
  return await watchPulse(ping, pulse, ended.signal).catch(() => null);
}

/** Asked to end; past the limit they are killed. */
async function endAll(processes: readonly Live[], limitMs: number): Promise<void> {
  for (const { process } of processes) process.kill("SIGTERM");
  const timer = setTimeout(() => {
    for (const { process } of processes) process.kill("SIGKILL");
  }, limitMs);
  await Promise.all(processes.map(({ ended }) => ended));
  clearTimeout(timer);
}

/** Whatever its attempts left behind if it was killed. A child that outlives it by a moment may still write there. */
async function removeScratch({ scratchDir }: ProcessSpec): Promise<void> {
  if (!scratchDir) return;
  await rm(scratchDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }).catch(() => {});
}
