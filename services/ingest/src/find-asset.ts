import { extname } from "node:path";
import { Master, type PayloadRef } from "@segue/contracts";
import type { ApiContext } from "./api-context.ts";
import { findMaster } from "./find-master.ts";
import { findTrack } from "./find-track.ts";
import { ProblemError } from "./problem-error.ts";

export interface Asset {
  readonly address: string;
  readonly payload: PayloadRef;
  /** What to call it when it is saved. */
  readonly fileName: string;
}

/** The bytes that a client submitted. */
async function findSubmitted(context: ApiContext, trackId: string): Promise<Asset> {
  const { track } = await findTrack(context, trackId);
  return {
    address: track.master,
    payload: await findMaster(context, track),
    fileName: track.fileName ?? track.id,
  };
}

/** @throws {ProblemError} `not-found`, saying why; `unavailable` when the catalog can't be asked. */
export async function findAsset(context: ApiContext, trackId: string, kindName: string): Promise<Asset> {
  if (kindName === Master.name) return findSubmitted(context, trackId);
  const kind = context.chain.kinds.find((other) => other.name === kindName);
  const noFiles = () => new ProblemError("not-found", `there are no files of the kind "${kindName}"`);
  if (kind && (kind.retention !== "derivative" || !kind.payload || !context.chain.producerOf(kindName)))
    throw noFiles();
  const { track, degraded } = await findTrack(context, trackId);
  if (degraded !== undefined) throw new ProblemError("unavailable", degraded);
  const outcome = track.outcomes.find((other) => other.kind === kindName && other.status === "succeeded");
  const isAsset = outcome?.payload?.bucket === context.names.bucket("assets");
  // Whose step was taken out of the fleet since: what it made is there all the same.
  if (!kind && !isAsset) throw noFiles();
  if (!outcome?.address || !outcome.payload) {
    throw new ProblemError("not-found", `the track has no ${kindName} (yet): it is ${track.state}`);
  }
  const stem = track.title ?? track.fileName?.replace(/\.[^.]{1,5}$/, "") ?? track.id;
  return {
    address: outcome.address,
    payload: outcome.payload,
    fileName: `${stem}${extname(outcome.payload.name)}`,
  };
}
