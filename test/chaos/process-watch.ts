import type { FleetProcess, ProcessEvent } from "@segue/launcher";

interface Seen {
  readonly process: FleetProcess;
  readonly startedAt: number;
  readyAt?: number;
  endedAt?: number;
  code?: number | null;
  signal?: NodeJS.Signals | null;
}

/** What has become of every process of a fleet, by its own clock (`performance.now()`). */
export interface ProcessWatch {
  onProcess(event: ProcessEvent): void;
  seen(pid: number): Seen | undefined;
  /** Resolves when the process has ended, with how it did. */
  ended(pid: number): Promise<Seen>;
  /** Resolves, with how long it took since `since`, when a process of that name is ready that started after it. */
  replaced(name: string, since: number): Promise<number>;
  /** Ends that nobody asked for, by name. */
  readonly uncalled: readonly { readonly name: string; readonly how: string }[];
  /** The end of this process is somebody's doing. */
  expectEnd(pid: number): void;
}

export function createProcessWatch(): ProcessWatch {
  const byPid = new Map<number, Seen>();
  const expected = new Set<number>();
  const waiting = new Set<() => void>();
  const uncalled: { name: string; how: string }[] = [];
  const until = async <T>(look: () => T | undefined): Promise<T> => {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => waiting.add(resolve));
    }
  };
  return {
    uncalled,
    expectEnd: (pid) => void expected.add(pid),
    seen: (pid) => byPid.get(pid),
    onProcess(event) {
      const now = performance.now();
      const { name, service, role, pid } = event;
      const seen = byPid.get(pid);
      if (event.type === "started" || !seen) {
        byPid.set(pid, { process: { name, service, role, pid }, startedAt: now });
      } else if (event.type === "ready") seen.readyAt = now;
      else if (event.type === "ended") {
        seen.endedAt = now;
        seen.code = event.code;
        seen.signal = event.signal;
        if (!expected.has(pid))
          uncalled.push({ name, how: event.silence ?? event.signal ?? `exit code ${event.code}` });
      }
      const woken = [...waiting];
      waiting.clear();
      for (const wake of woken) wake();
    },
    ended: (pid) =>
      until(() => {
        const seen = byPid.get(pid);
        return seen?.endedAt === undefined ? undefined : seen;
      }),
    replaced: (name, since) =>
      until(() => {
        for (const { process, startedAt, readyAt } of byPid.values()) {
          if (process.name === name && startedAt > since && readyAt !== undefined) return readyAt - since;
        }
        return undefined;
      }),
  };
}
