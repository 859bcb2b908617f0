import {
  type ArtifactRecord,
  type Attempt,
  ownArtifactOf,
  ownKindOf,
  type RequestBlock,
} from "@segue/contracts";
import type { HandlerParts } from "./handler-parts.ts";

/** A record of what our own request has had made. */
interface Made {
  readonly step: string;
  readonly record: ArtifactRecord;
  readonly attempt: Attempt;
}

/**
 * Tells the catalog of what a worker that is gone may have made anew for this message and told nobody of. Steps of one service that feed
 * each other are one attempt: what was not there any more is made again in it, without a message of its own that would come once more. So
 * whoever has the message next tells of all that the steps are made of, and that the request has had made; what the catalog knows already
 * changes nothing there.
 */
export async function tellRemade(parts: HandlerParts, request: RequestBlock): Promise<void> {
  const { trackId, master, requestId } = request;
  for (const { step, record, attempt } of await findMade(parts, request)) {
    await parts.publisher.stepOutcome({
      ...{ requestId, trackId, master, step, version: record.step?.version ?? 0 },
      ...{ kind: record.kind, address: record.address, outcome: record.outcome },
      ...(record.outputs ? { outputs: record.outputs } : {}),
      ...{ how: "computed", madeAt: attempt.finishedAt, attempt, at: attempt.finishedAt },
    });
  }
}

async function findMade(parts: HandlerParts, request: RequestBlock): Promise<readonly Made[]> {
  const { chain, step, together = [step], ledgers, artifacts } = parts;
  // The step's own result is looked at in any case.
  const ancestors = new Set(
    together.flatMap((each) => [...chain.ancestorsOf(each)]).filter((each) => each !== step),
  );
  if (ancestors.size === 0) return [];
  const { master, requestId } = request;
  const addresses = chain.addressesFor(master, request.addresses);
  const places = [...ancestors].map((each) => ({ each, address: addresses.get(ownKindOf(each)) ?? "" }));
  const ledger = ledgers.of(master);
  const kept = await Promise.all(places.map(({ address }) => ledger.find(address)));
  // What is on its way may hold some of it. Where each record is by itself, nobody makes several in one attempt.
  if (kept.some(Boolean)) await ledger.fence();
  const found = await Promise.all(
    places.map(async ({ each, address }) => {
      const record = await artifacts.readRecord(ownArtifactOf(each), address);
      const isOwn = record?.requestId === requestId && record?.outcome.status === "succeeded";
      return isOwn && record?.attempt ? [{ step: each.name, record, attempt: record.attempt }] : [];
    }),
  );
  return found.flat();
}
