import { setTimeout as sleep } from "node:timers/promises";
import { readPage } from "@segue/dashboard";
import type { RunningService, ServerContext } from "@segue/step";
import { createApp } from "./app.ts";
import { readIngestConfig } from "./config.ts";
import { createApiContext } from "./create-api-context.ts";
import { keepSweepingUploads } from "./uploads/sweep-uploads.ts";

/** What is left of the drain budget when uploads are cut: on a busy machine to answer, to tell and to close takes a second and more. */
const closingMs = 2_000;
/** For the queue to take what is under way; the catalog finds the rest in storage. */
const settleMs = 500;
/** A database that does not say by then what the API may write is asked on beside the work: it may be away. */
const rightsMs = 2_000;

/** Starts the API. It needs the database for results only: without it, tracks are still taken in. */
export async function startIngest(context: ServerContext): Promise<RunningService> {
  const config = readIngestConfig(context.env);
  let notReady: string | undefined = "starting";
  const api = createApiContext({
    ...context,
    config,
    page: await readPage(),
    notReady: () => notReady ?? context.dependencyTrouble?.(),
  });
  await Promise.race([api.access.rights.asked, sleep(rightsMs, undefined, { ref: false })]);
  const app = await createApp(api);
  const url = await app.listen({ host: config.host, port: config.port });
  notReady = undefined;
  const sweeping = keepSweepingUploads(api);
  context.log.info({ url }, "the API listens");

  return {
    notReady: () => notReady ?? api.access.rights.trouble(),
    async drain() {
      notReady = "draining";
      // Who waits for something to happen is answered with what there is, and asks another instance.
      api.held.end();
      // What has not come whole within the budget is cut; its client is told by the broken connection.
      const cut = () => app.server.closeAllConnections();
      const openMs = Math.max(100, config.drainMs - closingMs);
      const timer = setTimeout(cut, openMs);
      // Whoever sends requests learns of the end by probes and lists, and sends some more until then.
      if (config.lameDuckMs > 0) await sleep(Math.min(config.lameDuckMs, openMs / 2));
      await app.close();
      clearTimeout(timer);
      await Promise.race([Promise.all([sweeping.stop(), api.announcements.settled()]), sleep(settleMs)]);
      await api.close();
    },
  };
}
