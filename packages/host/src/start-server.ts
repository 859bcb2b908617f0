import { setTimeout as sleep } from "node:timers/promises";
import { createLiveChain } from "@segue/chain";
import type { RunningService, ServerContext, ServerDefinition, ServiceContext } from "@segue/step";
import { hearNews } from "./hear-news.ts";
import { watchChain } from "./watch-chain.ts";

/** How long a start waits for storage. Without it no track can be accepted anyway, but results can be asked for. */
const firstLookMs = 5_000;

/**
 * Starts a server that hears the news, and whose chain follows the steps that workers register. It knows them from its first request on: a track
 * that was accepted before would never want them.
 */
export async function startServer(
  server: ServerDefinition,
  context: ServiceContext & Pick<ServerContext, "dependencyTrouble">,
  { pollMs }: { readonly pollMs: number },
): Promise<RunningService> {
  const chain = createLiveChain(context.chain);
  const hearing = hearNews({ ...context, server: server.name });
  const watch = watchChain(chain, { ...context, hearing, pollMs });
  const waiting = new AbortController();
  const late = sleep(firstLookMs, "late", { signal: waiting.signal }).catch(() => "looked");
  if ((await Promise.race([watch.looked, late])) === "late")
    context.log.warn(
      {},
      "storage does not tell which steps are registered; beginning with those of the code",
    );
  waiting.abort();
  try {
    const running = await server.start({ ...context, chain, news: hearing });
    return {
      notReady: running.notReady,
      async drain() {
        watch.stop();
        await Promise.all([hearing.stop(), running.drain()]);
      },
    };
  } catch (error) {
    watch.stop();
    await hearing.stop();
    throw error;
  }
}
