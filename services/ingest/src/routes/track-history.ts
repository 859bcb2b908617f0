import { readHistory, type StoredAttempt } from "@segue/catalog-db";
import { ArtifactRecord, type AttemptReport, TrackHistory, TrackId } from "@segue/contracts";
import { recordName } from "@segue/step/runner";
import { ObjectNotFoundError } from "@segue/store";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { findTrack } from "../find-track.ts";
import { problems } from "./problems.ts";

/** `GET /v1/tracks/:id/history`: which step ran when, where, how long, from what, and what came of it. */
export function trackHistoryRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "getTrackHistory",
    summary: "A track's audit trail: every attempt of every step, computed or skipped, and what was repaired",
    params: z.object({ id: TrackId }),
    response: { 200: TrackHistory, ...problems(400, 404, 503) },
  };
  app.get("/v1/tracks/:id/history", { schema }, async (request) => {
    const { id } = request.params;
    await findTrack(context, id);
    const { attempts, events } = await readHistory(context.pool, id);
    return { id, attempts: await withInputs(context, attempts), events };
  });
}

/** What a result was made from is told by its record; attempts of one address share it. */
async function withInputs(context: ApiContext, attempts: readonly StoredAttempt[]): Promise<AttemptReport[]> {
  const addresses = [...new Set(attempts.map(({ address }) => address))];
  const inputs = new Map(
    await Promise.all(
      addresses.map(async (address) => [address, await readInputs(context, address)] as const),
    ),
  );
  return attempts.map((attempt) => ({ ...attempt, inputs: inputs.get(attempt.address) ?? null }));
}

async function readInputs(
  { store, names }: ApiContext,
  address: string,
): Promise<ArtifactRecord["inputs"] | null> {
  try {
    const ref = { bucket: names.bucket("records"), name: recordName(address) };
    return ArtifactRecord.parse(await store.readJson(ref)).inputs;
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return null;
    throw error;
  }
}
