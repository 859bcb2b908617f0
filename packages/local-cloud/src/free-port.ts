import { createServer } from "node:net";

/**
 * Below what Linux, macOS and Windows give to connections that go out: one of those could take the port between this look and its use,
 * or while the process that has it is being started again.
 */
const [first, last] = [20_000, 32_767];
const tries = 100;

/** Handed out lately: whoever has asked may not listen yet. */
const lately: number[] = [];
const remembered = 256;

/**
 * A port of the loopback interface on which nobody listens at this moment: the preferred one, if that is so of it. Who asks for several gets
 * different ones.
 */
export async function findFreePort(preferred = 0): Promise<number> {
  if (preferred !== 0 && (await isFree(preferred))) return preferred;
  for (let tried = 0; tried < tries; tried++) {
    const port = first + Math.floor(Math.random() * (last - first + 1));
    if (lately.includes(port)) continue;
    lately.push(port);
    if (lately.length > remembered) lately.shift();
    if (await isFree(port)) return port;
  }
  throw new Error(`expected a free port from ${first} to ${last}; ${tries} that were tried are taken`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
