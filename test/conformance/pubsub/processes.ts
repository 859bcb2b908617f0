import { afterAll } from "vitest";
import type { ServerProcess } from "../../support/pubsub-processes.ts";
import * as processes from "../../support/pubsub-processes.ts";

export { end, type ServerProcess } from "../../support/pubsub-processes.ts";

// A test that fails before it ends its server must not leave it behind: it would hold the runner's own pipes open.
const servers = new Set<ServerProcess>();
afterAll(() => {
  for (const { process } of servers) process.kill("SIGKILL");
});

const kept = async (starting: Promise<ServerProcess>) => {
  const server = await starting;
  servers.add(server);
  return server;
};
export const spawnPubSub = (dataDir: string) => kept(processes.spawnPubSub(dataDir));
export const spawnEmulator = (jar: string) => kept(processes.spawnEmulator(jar));
