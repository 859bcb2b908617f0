// Preloaded into every process that the launcher starts. Standard input is a pipe from the launcher; when it closes,
// the launcher is gone, however it went, and this process drains as if it had been told to.
import { Socket } from "node:net";

const input = new Socket({ fd: 0, readable: true, writable: false });
input.resume();
input.once("close", () => process.kill(process.pid, "SIGTERM"));
input.on("error", () => {});
// Watching must not keep alive a process that has nothing else to do.
input.unref();
