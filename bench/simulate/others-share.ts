import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { msPerTick, readProcesses, treeCpuMs } from "../chain/process-cpu.ts";

/** What all processes of the machine have computed so far, in ms; what another machine took of a shared core too. */
function machineCpuMs(): number {
  const [, ...fields] = (readFileSync("/proc/stat", "latin1").split("\n", 1)[0] ?? "").split(/\s+/);
  const [user = 0, nice = 0, system = 0, _idle, _waits, irq = 0, softirq = 0, steal = 0] = fields.map(Number);
  return (user + nice + system + irq + softirq + steal) * msPerTick;
}

/** Begins to watch. @returns what tells how much of the cores others than this process and its children have had since, 0 to 1. */
export function watchOthers(): () => number {
  const ownMs = () => treeCpuMs(process.pid, readProcesses()) ?? 0;
  const before = { atMs: performance.now(), machineMs: machineCpuMs(), ownMs: ownMs() };
  return () => {
    const passedMs = (performance.now() - before.atMs) * availableParallelism();
    const othersMs = machineCpuMs() - before.machineMs - (ownMs() - before.ownMs);
    return Math.min(1, Math.max(0, othersMs / passedMs));
  };
}
