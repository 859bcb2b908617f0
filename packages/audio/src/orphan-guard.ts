import { type ChildProcess, spawn } from "node:child_process";

/**
 * Lists process groups, and kills those still listed when its stdin ends. That pipe's other end is held by this process
 * alone, so it ends however this process does: SIGKILL and the end of a worker thread included.
 */
const script = `trap '' INT TERM HUP
list=' '
while read -r op pid; do
  case $op in
    add) list="$list$pid " ;;
    del) list="\${list%% $pid *} \${list#* $pid }" ;;
  esac
done
for pid in $list; do kill -s KILL -- "-$pid"; done`;

let guard: ChildProcess | undefined;

/**
 * Sees to it that a process group dies with this thread, whatever ends it. One small shell per thread does it for all:
 * 1 ms once, instead of a watchdog for each child. Where there is no shell, nothing is guarded.
 *
 * @returns ends the watch: to be called when the group's leader has ended.
 */
export function guardGroup(pid: number): Disposable {
  if (process.platform !== "win32") guard ??= startGuard();
  const shell = guard;
  tell(shell, `add ${pid}\n`);
  return { [Symbol.dispose]: () => tell(shell, `del ${pid}\n`) };
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
