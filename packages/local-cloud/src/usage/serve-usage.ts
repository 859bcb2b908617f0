import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer, request } from "node:http";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { z } from "zod";
import type { UsageRow } from "./usage-counts.ts";

const UsageRows = z.array(
  z.object({ name: z.string(), labels: z.record(z.string(), z.string()), value: z.number() }),
);

/** The servers that count what they are used for. */
export const countingServers = ["gcs", "pubsub", "postgres"] as const;
export type CountingServer = (typeof countingServers)[number];

/** Beside a server's data, where only its owner may look. */
const socketOf = (dataDir: string, server: CountingServer) => join(dataDir, `${server}.usage`);

/**
 * Answers any request over a socket in the data folder with what has been counted. A folder whose path is too long for a socket goes
 * without: nothing depends on it.
 */
export async function serveUsage(
  dataDir: string,
  name: CountingServer,
  rows: () => UsageRow[],
): Promise<AsyncDisposable> {
  const path = socketOf(dataDir, name);
  const server = createServer((_request, response) => response.end(JSON.stringify(rows())));
  // Left by one that was killed.
  await rm(path, { force: true });
  const listening = once(server, "listening").then(
    () => true,
    () => false,
  );
  server.listen(path);
  const isListening = await listening;
  // What asks may stay connected.
  server.unref();
  return {
    async [Symbol.asyncDispose]() {
      if (!isListening) return;
      server.closeAllConnections();
      server.close();
      await rm(path, { force: true });
    },
  };
}

/** What the server on a data folder has counted. */
export async function readUsage(dataDir: string, name: CountingServer): Promise<UsageRow[]> {
  const asked = request({ socketPath: socketOf(dataDir, name), path: "/", agent: false });
  asked.end();
  const [response] = await once(asked, "response");
  return UsageRows.parse(await json(response));
}
