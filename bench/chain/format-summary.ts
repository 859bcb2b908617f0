import type { Summary } from "./summarise.ts";

/** The figures as a page of text. */
export function formatSummary(summary: Summary): string {
  const { fleet, audioMinutesPerTrack: minutes } = summary;
  const lines = [
    `${summary.rounds} tracks of ${minutes} min each, CPU-seconds per minute of audio (wall: seconds per track)`,
    "",
    row("step", ["bare", "wall", "fleet", "wall"]),
    ...summary.steps.map((step) =>
      row(step.step, [
        cpu(step.bareCpuSec),
        wall(step.bareWallSec),
        cpu(step.fleetCpuSec),
        wall(step.fleetWallSec),
      ]),
    ),
    row("whole chain", [cpu(summary.bareCpuSec), "", cpu(fleet?.cpuSec ?? null), ""]),
    "",
    `bare: one process, ${summary.bareRssMiB.toFixed(0)} MiB at most, ${(summary.bareCpuSec * minutes).toFixed(2)} CPU-s per track`,
  ];
  if (!fleet) return lines.join("\n");
  return [
    ...lines,
    `fleet: every process, POST to done, idle subtracted: ${(fleet.cpuSec * minutes).toFixed(2)} CPU-s per track` +
      ` (${(fleet.cpuSecWithIdle * minutes).toFixed(2)} with idle)`,
    `ratio: ${fleet.ratio.toFixed(3)} (rounds: ${fleet.ratios.map((ratio) => ratio.toFixed(3)).join(", ")})`,
    `latency, POST's answer to done as a client sees it: ${seconds(fleet.latencySec)}`,
    `  by the track's own clock: ${seconds(fleet.ownLatencySec)}; the POST itself: ${seconds(fleet.postSec)}`,
    "",
    row("process", ["CPU", "idle %", "peak MiB"]),
    ...summary.processes.map((process) =>
      row(process.name, [
        cpu(process.cpuSec),
        process.idleCpuPercent.toFixed(2),
        process.peakRssMiB.toFixed(0),
      ]),
    ),
  ].join("\n");
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(14) + cells.map((cell) => cell.padStart(10)).join("");
}

function cpu(value: number | null): string {
  return value === null ? "-" : value.toFixed(3);
}

function wall(value: number | null): string {
  return value === null ? "-" : value.toFixed(2);
}

function seconds(values: readonly number[]): string {
  return values.map((value) => `${value.toFixed(2)} s`).join(", ");
}
