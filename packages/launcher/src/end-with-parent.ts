// Preloaded into every process that the launcher starts. Standard input is a pipe from the launcher; when it closes,
// the launcher is gone, however it went, and this process drains as if it had been told to.
import { isMainThread } from "node:worker_threads";

// Threads inherit the preload, but not the pipe.
if (isMainThread) {
  const end = () => process.kill(process.pid, "SIGTERM");
  process.stdin.resume().once("end", end).once("error", end);
  // Watching must not keep alive a process that has nothing else to do.
  process.stdin.unref();
}
