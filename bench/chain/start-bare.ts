import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { BareAnswer, BareRequest, BareRun } from "./bare-messages.ts";
import type { BenchMaster } from "./make-master.ts";
import { peakRssBytes } from "./process-cpu.ts";

/** The process that does the bare work, set up and waiting. */
export interface Bare {
  readonly pid: number;
  /** Does the whole chain's work on a master. @throws what a step threw. */
  run(master: BenchMaster): Promise<BareRun>;
  peakRssBytes(): number;
  stop(): void;
}

/** @param dir where payloads are written: the disk that the fleet writes to. */
export async function startBare(fleetUrl: string, dir: string): Promise<Bare> {
  const child = fork(join(import.meta.dirname, "bare-worker.ts"), [fleetUrl], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const ready = await nextAnswer(child);
  const { pid } = child;
  if (ready.type !== "ready" || pid === undefined) throw new Error("the bare work could not be set up");
  return {
    pid,
    async run(master) {
      const runDir = mkdtempSync(join(dir, "bare-"));
      const request: BareRequest = { masterPath: master.path, sizeBytes: master.sizeBytes, dir: runDir };
      try {
        const answered = nextAnswer(child);
        child.send(request);
        const answer = await answered;
        if (answer.type === "done") return answer.run;
        throw new Error(answer.type === "failed" ? answer.message : "unexpected answer");
      } finally {
        rmSync(runDir, { recursive: true, force: true });
      }
    },
    peakRssBytes: () => peakRssBytes(pid) ?? 0,
    stop: () => void child.kill(),
  };
}

async function nextAnswer(child: ChildProcess): Promise<BareAnswer> {
  const gone = new AbortController();
  try {
    const [message] = await Promise.race([
      once(child, "message", { signal: gone.signal }),
      once(child, "exit", { signal: gone.signal }).then(([code, signal]) => {
        throw new Error(`the process of the bare work ended (${signal ?? code})`);
      }),
    ]);
    return message as BareAnswer;
  } finally {
    gone.abort();
  }
}
