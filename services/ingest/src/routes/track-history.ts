import { createArtifacts, createLedgers, withLedger } from "@segue/artifacts";
import type { StoredAttempt } from "@segue/catalog-db";
import { type AttemptReport, TrackHistory, TrackId } from "@segue/contracts";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { findPutOff } from "../find-put-off.ts";
import { findTrack } from "../find-track.ts";
import { sightOf } from "../sight-of.ts";
import { problems } from "./problems.ts";

/** `GET /v1/tracks/:id/history`: which step ran when, where, how long, from what, and what came of it. */
export function trackHistoryRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "getTrackHistory",
    summary:
      "A track's audit trail: every attempt of every step, computed or skipped, what was repaired, what is put off",
    description:
      "What workers did, attempts and the stories of messages that were set aside, is told to keys with the scope `operate` only.",
    params: z.object({ id: TrackId }),
    response: { 200: TrackHistory, ...problems(400, 404, 410, 503) },
  };
  app.get("/v1/tracks/:id/history", { schema }, async (request) => {
    const { id } = request.params;
    const { owner, sees } = sightOf(request);
    const { track } = await findTrack(context, id, owner);
    const { attempts, deadLetters, ...rest } = await context.catalog.history(id);
    const putOff = await findPutOff(context, track);
    if (!sees) {
      const untold = deadLetters.map((letter) => ({ ...letter, story: [] }));
      // What put it off may have been another owner's track of the same bytes.
      const since = putOff.map((wait) => ({ ...wait, times: 1, reason: "it can't be made at this moment" }));
      return { id, attempts: [], deadLetters: untold, ...rest, putOff: since };
    }
    return { id, attempts: await withOrigins(context, track.master, attempts), deadLetters, ...rest, putOff };
  });
}

/**
 * What a result was made from is told by its record; attempts of one address share it. Its model is that of the step which the
 * chain has now, where that gives the result the same address.
 */
async function withOrigins(
  { store, names, chain }: ApiContext,
  master: string | null,
  attempts: readonly StoredAttempt[],
): Promise<AttemptReport[]> {
  const single = createArtifacts(store, names);
  const ledger = master === null ? null : createLedgers(store, names).of(master);
  const artifacts = ledger ? withLedger(single, { ...ledger, find: (await ledger.read()).find }) : single;
  const kinds = new Map(attempts.map(({ address, kind }) => [address, kind]));
  const records = await Promise.all(
    [...kinds].map(
      async ([address, name]) =>
        [address, await artifacts.readRecord(chain.storedKind(name), address)] as const,
    ),
  );
  const inputs = new Map(records.map(([address, record]) => [address, record?.inputs]));
  const now = master === null ? new Map<string, string>() : chain.addressesFor(master);
  const modelOf = ({ step, kind, address }: StoredAttempt) =>
    now.get(kind) === address ? (chain.steps.find(({ name }) => name === step)?.model ?? null) : null;
  return attempts.map((attempt) => ({
    ...attempt,
    inputs: inputs.get(attempt.address) ?? null,
    model: modelOf(attempt),
  }));
}
