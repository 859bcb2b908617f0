import { type ChildProcess, spawn } from "node:child_process";
import type { Mark } from "./marked-processes.ts";

/**
 * Lists process groups as `pid` or `pid:mark`, `0:mark` where the group is not known yet, and kills those still listed,
 * and what bears their marks, when its stdin ends. That pipe's other end is held by this process alone, so it ends
 * however this process does: SIGKILL and the end of a worker thread included.
 */
const script = `trap '' INT TERM HUP
list=' '
while read -r op entry; do
  case $op in
    add) list="$list$entry " ;;
    del) list="\${list%% $entry *} \${list#* $entry }" ;;
  esac
done
for entry in $list; do
  case $entry in
    0:*) ;;
    *) kill -s KILL -- "-\${entry%%:*}" ;;
  esac
  case $entry in
    *:*)
      for file in $(grep -ls -- "\${entry#*:}" /proc/[0-9]*/environ); do
        pid=\${file#/proc/}
        kill -s KILL "\${pid%/environ}"
      done
      ;;
  esac
done`;

let guard: ChildProcess | undefined;

/**
 * Starts a program that leads a process group of its own, and sees to it that the group dies with this thread, whatever
 * ends it. One small shell per thread does it for all: 1 ms once, instead of a watchdog for each child. It is there before
 * the program, and knows its mark: on a busy machine there is time to be killed between a start and the line after it.
 * Where there is no shell, nothing is guarded.
 *
 * @param start starts it; what this throws is thrown on.
 * @param mark where the program bears one: what has left its group dies as well.
 * @returns the program, and the end of the watch: to be called when the group's leader has ended.
 */
export function startGuarded<Program extends ChildProcess>(
  start: () => Program,
  mark?: Mark,
): { child: Program; guard: Disposable } {
  if (process.platform !== "win32") guard ??= startGuard();
  const shell = guard;
  const entryOf = (pid: number) => (mark ? `${pid}:${mark.variable}=${mark.value}` : String(pid));
  if (mark) tell(shell, `add ${entryOf(0)}\n`);
  try {
    const child = start();
    const entry = child.pid === undefined ? null : entryOf(child.pid);
    if (entry !== null) tell(shell, `add ${entry}\n`);
    return { child, guard: { [Symbol.dispose]: () => entry !== null && tell(shell, `del ${entry}\n`) } };
  } finally {
    if (mark) tell(shell, `del ${entryOf(0)}\n`);
  }
}

function startGuard(): ChildProcess {
  // A group of its own: what is sent to this process's group must not end its guard first.
  const shell = spawn("/bin/sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  const forget = () => {
    if (guard === shell) guard = undefined;
  };
  shell.on("error", forget);
  shell.on("exit", forget);
  shell.stdin?.on("error", forget);
  // It must not keep this process alive.
  shell.unref();
  if (shell.stdin && "unref" in shell.stdin && typeof shell.stdin.unref === "function") shell.stdin.unref();
  return shell;
}

function tell(shell: ChildProcess | undefined, line: string): void {
  if (shell?.stdin?.writable) shell.stdin.write(line);
}
