import { setTimeout as sleep } from "node:timers/promises";
import { createLiveChain } from "@segue/chain";
import type { RunningService, ServerContext, ServerDefinition, ServiceContext } from "@segue/step";
import { hearNews } from "./hear-news.ts";
import { watchChain } from "./watch-chain.ts";

export interface ServerPace {
  /** How often it looks for steps that are registered, in ms. */
  readonly pollMs: number;
  /** How long a start waits for what is registered, in ms, before it begins with the steps of its code. Without storage no track can be accepted anyway, but results can be asked for. Default 5 s. */
  readonly firstLookMs?: number;
}

/**
 * Starts a server that hears the news, and whose chain follows the steps that workers register. It knows them from its first request on: a track
 * that was accepted before would never want them.
 */
export async function startServer(
  server: ServerDefinition,
  context: ServiceContext & Pick<ServerContext, "dependencyTrouble" | "services">,
  { pollMs, firstLookMs = 5_000 }: ServerPace,
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
