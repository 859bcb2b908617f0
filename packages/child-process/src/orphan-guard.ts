import { type ChildProcess, spawn } from "node:child_process";
import type { Mark } from "./marked-processes.ts";

/**
 * Lists process groups as `pid` or `pid:mark`, and kills those still listed, and what bears their marks, when its stdin
 * ends. That pipe's other end is held by this process alone, so it ends however this process does: SIGKILL and the end of
 * a worker thread included.
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
  kill -s KILL -- "-\${entry%%:*}"
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
 * Sees to it that a process group dies with this thread, whatever ends it. One small shell per thread does it for all:
 * 1 ms once, instead of a watchdog for each child. Where there is no shell, nothing is guarded.
 *
 * @param mark where the program bears one: what has left its group dies as well.
 * @returns ends the watch: to be called when the group's leader has ended.
 */
export function guardGroup(pid: number, mark?: Mark): Disposable {
  if (process.platform !== "win32") guard ??= startGuard();
  const shell = guard;
  const entry = mark ? `${pid}:${mark.variable}=${mark.value}` : String(pid);
  tell(shell, `add ${entry}\n`);
  return { [Symbol.dispose]: () => tell(shell, `del ${entry}\n`) };
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
