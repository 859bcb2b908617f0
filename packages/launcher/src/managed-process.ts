import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, fstatSync, openSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { askForStack, stackFlags } from "./ask-for-stack.ts";
import { lastWords } from "./last-words.ts";
import type { Ping } from "./ping-cloud.ts";

export interface ProcessSpec {
  /** Unique in a fleet: names the log. */
  readonly name: string;
  /** The service, or the part of the cloud, of which this is one process. */
  readonly service: string;
  /** Options of Node itself. */
  readonly nodeFlags: readonly string[];
  /** Arguments for this very Node. */
  readonly args: readonly string[];
  /** Module that ends the process with this one; as it is here when undefined. */
  readonly endWithParent?: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** Asked again and again whether the process still answers; without it, one that runs is taken to be well. */
  readonly ping?: Ping;
  /** Removed when the process has ended, however it did. */
  readonly scratchDir?: string;
}

/** What a process prints on standard output, as one JSON line, once it does its work. */
export type ReadyLine = { readonly ready: string } & Readonly<Record<string, unknown>>;

export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  /** Rejects with the reason, and the last words of its log, if the process ends before it is ready. */
  readonly ready: Promise<ReadyLine>;
  /** Settles when the process has ended. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  kill(signal: NodeJS.Signals): void;
  /** What it is doing now, and what it said last, in words: of one that can be pinged, and answers no more. */
  explain(): Promise<string>;
}

const endWithParent = new URL("./end-with-parent.ts", import.meta.url).href;

/**
 * Starts a Node process whose log goes to a file. Its standard input is a pipe that is never written to: when this
 * process is gone, however it went, the pipe closes and the child stops by itself.
 */
export function startProcess(spec: ProcessSpec, logDir: string): ManagedProcess {
  const logFile = join(logDir, `${spec.name}.log`);
  const logFd = openSync(logFile, "a");
  const logBefore = fstatSync(logFd).size;
  const asked = spec.ping ? stackFlags : [];
  const flags = [
    "--disable-warning=ExperimentalWarning",
    "--import",
    spec.endWithParent ?? endWithParent,
    ...asked,
    ...spec.nodeFlags,
  ];
  const child = spawn(process.execPath, [...flags, ...spec.args], {
    env: { ...process.env, ...spec.env },
    stdio: ["pipe", "pipe", logFd],
    // Ctrl-C reaches a terminal's whole process group; the launcher alone decides when its children stop.
    detached: true,
  });
  closeSync(logFd);
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", () => resolve({ code: 1, signal: null }));
  });
  const ready = new Promise<ReadyLine>((resolve, reject) => {
    onReadyLine(child, resolve);
    void exited.then(async ({ code, signal }) => {
      const words = await lastWords(logDir, spec.name, logBefore);
      const end = signal ?? `exit code ${code}`;
      reject(
        new Error(`${spec.name} ended before it was ready (${end})${words && `: ${words}`}; see ${logFile}`),
      );
    });
  });
  ready.catch(() => {});
  const kill = (signal: NodeJS.Signals) => void child.kill(signal);
  return {
    name: spec.name,
    pid: child.pid ?? -1,
    ready,
    exited,
    kill,
    async explain() {
      // Asked first: being asked, it says something itself.
      const words = await lastWords(logDir, spec.name, logBefore);
      const doing = await askForStack(kill, logFile);
      return words ? `${doing}; its last words: ${words}` : doing;
    },
  };
}

function onReadyLine(child: ChildProcess, found: (line: ReadyLine) => void): void {
  if (!child.stdout) return;
  createInterface({ input: child.stdout }).on("line", (line) => {
    try {
      const parsed: unknown = JSON.parse(line);
      if (typeof parsed === "object" && parsed !== null && "ready" in parsed) found(parsed as ReadyLine);
    } catch {
      // Not a ready line; nobody else reads standard output.
    }
  });
}
