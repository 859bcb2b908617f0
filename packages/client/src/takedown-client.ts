import type {
  CancelAnswer,
  ReceiptKeys,
  TakedownPage,
  TakedownQuery,
  TakedownReceiptLink,
  TakedownRequest,
  TakedownResource,
} from "@segue/contracts";
import type { CallOptions, SubmitOptions } from "./call-options.ts";

/** What goes, for good. A track that was deleted is refused as `track-deleted` (410) everywhere from then on. */
export interface TakedownClient {
  /** Deletes a track with all that was made of it and is nobody else's; undefined if the API knows no such track. */
  deleteTrack(id: string, options?: CallOptions): Promise<TakedownReceiptLink | undefined>;
  /** Undefined if the API knows no such track. @throws {ApiRefusal} `already-started`. */
  cancelTrack(id: string, options?: SubmitOptions): Promise<CancelAnswer | undefined>;
  /** Takes masters down, whoever has tracks of them. */
  takeDown(body: TakedownRequest, options?: SubmitOptions): Promise<TakedownReceiptLink>;
  /** How far it is, and its receipts; undefined if the API knows no such takedown. */
  readTakedown(id: string, options?: CallOptions): Promise<TakedownResource | undefined>;
  /** The newest first: a page. */
  listTakedowns(query?: TakedownQuery, options?: CallOptions): Promise<TakedownPage>;
  /** Public keys that receipts were signed with. */
  listReceiptKeys(options?: CallOptions): Promise<ReceiptKeys>;
}
