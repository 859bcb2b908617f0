import { extname } from "node:path";
import { Master, type PayloadRef } from "@segue/contracts";
import type { ApiContext } from "./api-context.ts";
import { findTrack } from "./find-track.ts";
import { ProblemError } from "./problem-error.ts";

/** Where a file lies, and what is told of it. */
export interface Asset {
  readonly kind: string;
  readonly address: string;
  readonly object: Pick<PayloadRef, "bucket" | "name" | "contentType">;
  /** What to call it when it is saved. */
  readonly fileName: string;
  /** Of the track: it has had nothing before that, whenever the file was made. */
  readonly acceptedAt: string;
}

/** A track, and who asks for it. */
interface Whose {
  readonly id: string;
  readonly owner: string;
}

/** The bytes that a client submitted. */
async function findSubmitted(context: ApiContext, { id, owner }: Whose): Promise<Asset> {
  const { master, fileName, acceptedAt } = (await findTrack(context, id, owner)).track;
  if (master === null)
    throw new ProblemError("not-found", "the track has no master (yet): its source has not been fetched");
  const { contentType } = Master.payload;
  const object = { bucket: context.names.bucket("masters"), name: master, contentType };
  return { kind: Master.name, address: master, object, fileName: fileName ?? id, acceptedAt };
}

/**
 * The file that a track has of a kind now.
 *
 * @throws {ProblemError} `not-found`, saying why; `unavailable` when the catalog can't be asked.
 */
export async function findAsset(context: ApiContext, whose: Whose, kindName: string): Promise<Asset> {
  if (kindName === Master.name) return findSubmitted(context, whose);
  const kind = context.chain.kinds.find((other) => other.name === kindName);
  const noFiles = () => new ProblemError("not-found", `there are no files of the kind "${kindName}"`);
  if (kind && (kind.retention !== "derivative" || !kind.payload || !context.chain.producerOf(kindName)))
    throw noFiles();
  const { track, degraded } = await findTrack(context, whose.id, whose.owner);
  if (degraded !== undefined) throw new ProblemError("unavailable", degraded);
  const result = track.outcomes.flatMap(({ results }) => results).find((other) => other.kind === kindName);
  const isAsset = result?.payload?.bucket === context.names.bucket("assets");
  // Whose step was taken out of the fleet since: what it made is there all the same.
  if (!kind && !isAsset) throw noFiles();
  if (!result?.payload) {
    throw new ProblemError("not-found", `the track has no ${kindName} (yet): it is ${track.state}`);
  }
  const { address, payload } = result;
  const { acceptedAt } = track;
  return { kind: kindName, address, object: payload, fileName: nameFile(track, payload.name), acceptedAt };
}

/**
 * The file at an address, of whatever version it is, if it was made for the track.
 *
 * @throws {ProblemError} `not-found`; `unavailable` when the catalog can't be asked.
 */
export async function findAssetAt(
  context: ApiContext,
  { id, owner, kind, address }: Whose & { readonly kind: string; readonly address: string },
): Promise<Asset> {
  const nothing = () => new ProblemError("not-found", `the track has no ${kind} at the address ${address}`);
  if (kind === Master.name) {
    const asset = await findSubmitted(context, { id, owner });
    if (asset.address !== address) throw nothing();
    return asset;
  }
  const found = await context.catalog.payload({ trackId: id, owner }, kind, address);
  if (found?.payload.bucket !== context.names.bucket("assets")) throw nothing();
  const { track, payload } = found;
  const { acceptedAt } = track;
  return { kind, address, object: payload, fileName: nameFile({ ...track, id }, payload.name), acceptedAt };
}

function nameFile(
  { id, title, fileName }: { id: string; title: string | null; fileName: string | null },
  objectName: string,
): string {
  const stem = title ?? fileName?.replace(/\.[^.]{1,5}$/, "") ?? id;
  return `${stem}${extname(objectName)}`;
}
