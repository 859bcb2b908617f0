import type { BareRun } from "./bare-messages.ts";
import type { CpuByProcess, FleetRun } from "./measure-fleet.ts";

/** One track, done bare and by the fleet. */
export interface Round {
  readonly bare: BareRun;
  readonly fleet: FleetRun | null;
}

export interface BenchFacts {
  readonly audioMinutesPerTrack: number;
  readonly rounds: readonly Round[];
  /** Milliseconds per second, by process. */
  readonly idle: CpuByProcess;
  readonly peakRss: ReadonlyMap<string, number>;
  readonly bareRssBytes: number;
}

/** All CPU figures are means over the rounds, in CPU-seconds per minute of audio. */
export interface Summary {
  readonly rounds: number;
  readonly audioMinutesPerTrack: number;
  readonly steps: readonly {
    readonly step: string;
    readonly bareCpuSec: number;
    readonly bareWallSec: number;
    /** The step's own work as the worker measured it; null where it could not. */
    readonly fleetCpuSec: number | null;
    readonly fleetWallSec: number | null;
  }[];
  readonly processes: readonly {
    readonly name: string;
    /** Less what it uses when idle. */
    readonly cpuSec: number;
    readonly idleCpuPercent: number;
    readonly peakRssMiB: number;
  }[];
  readonly bareCpuSec: number;
  readonly bareRssMiB: number;
  readonly fleet: {
    readonly cpuSec: number;
    readonly cpuSecWithIdle: number;
    /** Fleet over bare on the same track: the mean and each round's, idle CPU subtracted. */
    readonly ratio: number;
    readonly ratios: readonly number[];
    /** From the POST's answer until a client saw `done`. */
    readonly latencySec: readonly number[];
    /** From acceptance to the end of the last step, as the track says. */
    readonly ownLatencySec: readonly number[];
    readonly postSec: readonly number[];
  } | null;
}

export function summarise(facts: BenchFacts): Summary {
  const { rounds, audioMinutesPerTrack: minutes, idle } = facts;
  const perMinute = (cpuMs: number) => cpuMs / 1000 / minutes;
  const runs = rounds.flatMap(({ fleet }) => fleet ?? []);
  const netMs = (run: FleetRun, name: string) =>
    (run.cpuByProcess.get(name) ?? 0) - ((idle.get(name) ?? 0) * run.elapsedMs) / 1000;
  const totalMs = (run: FleetRun) => sum([...run.cpuByProcess.keys()].map((name) => netMs(run, name)));
  const ratios = rounds.flatMap(({ bare, fleet }) => (fleet ? totalMs(fleet) / bare.cpuMs : []));
  return {
    rounds: rounds.length,
    audioMinutesPerTrack: minutes,
    steps: summariseSteps(rounds, perMinute),
    processes: [...(runs[0]?.cpuByProcess.keys() ?? [])].map((name) => ({
      name,
      cpuSec: perMinute(mean(runs.map((run) => netMs(run, name)))),
      idleCpuPercent: (idle.get(name) ?? 0) / 10,
      peakRssMiB: (facts.peakRss.get(name) ?? 0) / 2 ** 20,
    })),
    bareCpuSec: perMinute(mean(rounds.map(({ bare }) => bare.cpuMs))),
    bareRssMiB: facts.bareRssBytes / 2 ** 20,
    fleet:
      runs.length === 0
        ? null
        : {
            cpuSec: perMinute(mean(runs.map(totalMs))),
            cpuSecWithIdle: perMinute(mean(runs.map((run) => sum([...run.cpuByProcess.values()])))),
            ratio: mean(ratios),
            ratios,
            latencySec: runs.map((run) => run.latencyMs / 1000),
            ownLatencySec: runs.flatMap((run) => (run.ownLatencyMs === null ? [] : run.ownLatencyMs / 1000)),
            postSec: runs.map((run) => run.postMs / 1000),
          },
  };
}

function summariseSteps(rounds: readonly Round[], perMinute: (cpuMs: number) => number): Summary["steps"] {
  const names = rounds[0]?.bare.steps.map(({ step }) => step) ?? [];
  return names.map((step) => {
    const bare = rounds.flatMap((round) => round.bare.steps.filter((cost) => cost.step === step));
    const fleet = rounds.flatMap((round) => round.fleet?.steps.filter((cost) => cost.step === step) ?? []);
    const cpus = fleet.flatMap(({ cpuMs }) => cpuMs ?? []);
    return {
      step,
      bareCpuSec: perMinute(mean(bare.map(({ cpuMs }) => cpuMs))),
      bareWallSec: mean(bare.map(({ wallMs }) => wallMs)) / 1000,
      fleetCpuSec: cpus.length === 0 ? null : perMinute(mean(cpus)),
      fleetWallSec: fleet.length === 0 ? null : mean(fleet.map(({ wallMs }) => wallMs)) / 1000,
    };
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}
