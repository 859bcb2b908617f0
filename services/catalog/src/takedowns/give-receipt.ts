import type { TakedownObjects } from "@segue/artifacts";
import type { Pool } from "@segue/catalog-db";
import type { ReceiptStage, TakedownStatement } from "@segue/contracts";
import type { ReceiptSigner } from "./sign-receipts.ts";
import type { DeletedRow, Takedown } from "./takedown-rows.ts";

/** What a sweep that found nothing has shown. */
export interface Proof {
  readonly takedown: Takedown;
  readonly deleted: readonly DeletedRow[];
  readonly cameAgain: number;
  readonly stage: ReceiptStage;
  /** Until then the queue may have kept a message. */
  readonly messagesUntil: Date;
  readonly provedAt: Date;
}

const noteKey = "insert into receipt_keys (key_id, public_key) values ($1, $2) on conflict do nothing";
const noteReceipt = (stage: ReceiptStage) =>
  `update takedowns set ${stage}_at = coalesce(${stage}_at, $2), ${stage}_receipt = coalesce(${stage}_receipt, $3::jsonb) where id = $1`;

/** Says, signed where there is a key, what was proved: in storage first, once and for ever. */
export async function giveReceipt(
  {
    pool,
    objects,
    signer,
  }: { readonly pool: Pool; readonly objects: TakedownObjects; readonly signer: ReceiptSigner | undefined },
  proof: Proof,
): Promise<void> {
  const { takedown, stage, provedAt } = proof;
  if (signer) await pool.query(noteKey, [signer.keyId, signer.publicKey]);
  const receipt = signer?.sign(describeProof(proof)) ?? null;
  const held = await objects.createEnd({
    ...{ v: 1, type: "TakedownEnded", takedownId: takedown.id, stage, receipt },
    at: provedAt.toISOString(),
  });
  await pool.query(noteReceipt(stage), [takedown.id, held.at, held.receipt && JSON.stringify(held.receipt)]);
}

function describeProof(proof: Proof): TakedownStatement {
  const { takedown, deleted, stage, provedAt, messagesUntil, cameAgain } = proof;
  const isOperators = takedown.cause === "takedown";
  const heard = deleted.flatMap(({ heardAt }) => heardAt ?? []).toSorted((a, b) => b.getTime() - a.getTime());
  return {
    v: 1,
    takedownId: takedown.id,
    cause: takedown.cause,
    tracks: isOperators ? [] : takedown.tracks,
    masters: takedown.masters,
    again: takedown.again,
    requestedAt: takedown.requestedAt.toISOString(),
    stage,
    provedAt: provedAt.toISOString(),
    sweeps: takedown.sweeps + 1,
    removed: isOperators
      ? { tracks: deleted.length, objects: takedown.objectsRemoved, rows: takedown.rowsRemoved }
      : null,
    cameAgain: isOperators ? cameAgain : null,
    lastHeardAt: heard[0]?.toISOString() ?? null,
    messagesUntil: messagesUntil.toISOString(),
    says: sayProof(isOperators, stage),
  };
}

function sayProof(isOperators: boolean, stage: ReceiptStage): string {
  const what = isOperators
    ? "Of these masters, of all tracks of them, and of all that was derived from them"
    : "Of these tracks, and of all that was derived from them and is not by right another's,";
  const looked =
    "every object in the buckets whose name or record leads to it, every row of the catalog, of search and of webhooks' logs was looked for, and none was found.";
  const after =
    stage === "final"
      ? "Nothing was heard of them for as long as the queue keeps a message, and the last sweep found nothing."
      : "Messages that were under way may still come until the time that is told: they are dropped, and what they leave is removed.";
  return `${what} ${looked} ${after} Kept are: that they were deleted, by whom and when; the trail of who wrote; and, where they are refused from now on, the masters' SHA-256.`;
}
