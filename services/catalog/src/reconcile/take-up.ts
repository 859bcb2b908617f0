import type { TrackObjects } from "@segue/artifacts";
import { planFetched, planRequest } from "@segue/chain";
import { blockOf, fetchStep, hasMaster, type Request, withoutFetch } from "@segue/contracts";
import type { Publisher } from "@segue/queue";
import type { ServerContext } from "@segue/step";

export interface TakeUpOptions extends Pick<ServerContext, "chain"> {
  readonly publisher: Pick<Publisher, "task" | "fetch">;
  readonly tracks: TrackObjects;
}

export interface Ownerless {
  readonly trackId: string;
  /** Whose track it is. */
  readonly owner: string;
  readonly master: string | null;
  readonly wants: readonly string[];
  /** The steps that could run. */
  readonly ready: readonly string[];
  /** That is to be carried on; as the track's first request would have it, where there is none. */
  readonly request?: Request;
}

/** Sends the steps that could run for a track a task each. A step goes on from its latest checkpoint by itself. */
export async function takeUp(options: TakeUpOptions, ownerless: Ownerless): Promise<void> {
  const { publisher, tracks } = options;
  const { trackId, master, ready } = ownerless;
  // A request that wants a fetch begins with one, though another's has brought the master meanwhile.
  if (master === null || ready.includes(fetchStep)) {
    const accepted = await tracks.read(trackId);
    const request = ownerless.request ?? accepted?.request;
    if (accepted && request) await publisher.fetch({ source: accepted.source, request });
    return;
  }
  const request = blockFor(options, ownerless, master);
  await Promise.all(ready.map((step) => publisher.task({ type: "Run", step, request })));
}

function blockFor({ chain }: TakeUpOptions, { trackId, owner, wants, request }: Ownerless, master: string) {
  if (!request)
    return planRequest(chain, { requestId: trackId, trackId, owner, master, wants: withoutFetch(wants) });
  return hasMaster(request) ? blockOf(request) : planFetched(chain, request, master);
}
