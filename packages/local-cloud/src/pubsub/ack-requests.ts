import { invalidArgument } from "./status-error.ts";
import { LENGTH_DELIMITED, WireReader } from "./wire-reader.ts";

/** What an ack id says: which subscription's message, and under which lease it was handed out. */
export type AckId = { readonly subscription: number; readonly message: number; readonly lease: number };

/** The text form of an ack id; opaque to clients, ASCII, under 40 characters. */
export function formatAckId(subscription: number, message: number, lease: number): string {
  return `${subscription}-${message}-${lease.toString(36)}`;
}

/** Reads an ack id; throws INVALID_ARGUMENT for anything this server never handed out. */
export function parseAckId(text: string): AckId {
  const first = text.indexOf("-");
  const second = text.indexOf("-", first + 1);
  const subscription = Number.parseInt(text, 10);
  const message = Number.parseInt(text.slice(first + 1, second), 10);
  const lease = Number.parseInt(text.slice(second + 1), 36);
  if (first < 1 || second < 0 || !(subscription >= 0) || !(message >= 0) || !(lease >= 0)) {
    throw invalidArgument("ack id", "an ack id that this server handed out", text);
  }
  return { subscription, message, lease };
}

/** `AcknowledgeRequest`, or `ModifyAckDeadlineRequest` when the deadline field (3) is present. */
export type AckRequest = {
  readonly subscription: string;
  readonly ackIds: readonly AckId[];
  readonly ackDeadlineSec: number;
};

/** Parses an encoded AcknowledgeRequest (ack_ids = 2) or ModifyAckDeadlineRequest (ack_ids = 4, deadline = 3). */
export function parseAckRequest(request: Buffer, ackIdsField: 2 | 4): AckRequest {
  const reader = new WireReader(request);
  const ackIds: AckId[] = [];
  let subscription = "";
  let ackDeadlineSec = 0;
  while (reader.next()) {
    if (reader.field === 1) subscription = reader.string();
    else if (reader.field === ackIdsField) ackIds.push(parseAckId(reader.string()));
    else if (reader.field === 3) ackDeadlineSec = reader.signed();
    else reader.skip();
  }
  if (ackIds.length === 0) throw invalidArgument("ackIds", "at least one ack id", 0);
  return { subscription, ackIds, ackDeadlineSec };
}

/** One request on a StreamingPull stream; the first names the subscription. Absent numbers are 0. */
export type StreamingPullRequest = {
  subscription: string;
  ackIds: AckId[];
  modifyDeadlineSec: number[];
  modifyDeadlineAckIds: AckId[];
  streamAckDeadlineSec: number;
  maxOutstandingMessages: number;
  maxOutstandingBytes: number;
};

/** Parses an encoded StreamingPullRequest. */
export function parseStreamingPullRequest(request: Buffer): StreamingPullRequest {
  const parsed: StreamingPullRequest = {
    subscription: "",
    ackIds: [],
    modifyDeadlineSec: [],
    modifyDeadlineAckIds: [],
    streamAckDeadlineSec: 0,
    maxOutstandingMessages: 0,
    maxOutstandingBytes: 0,
  };
  const reader = new WireReader(request);
  while (reader.next()) {
    if (reader.field === 1) parsed.subscription = reader.string();
    else if (reader.field === 2) parsed.ackIds.push(parseAckId(reader.string()));
    else if (reader.field === 3) readPackedInts(reader, parsed.modifyDeadlineSec);
    else if (reader.field === 4) parsed.modifyDeadlineAckIds.push(parseAckId(reader.string()));
    else if (reader.field === 5) parsed.streamAckDeadlineSec = reader.signed();
    else if (reader.field === 7) parsed.maxOutstandingMessages = reader.signed();
    else if (reader.field === 8) parsed.maxOutstandingBytes = reader.signed();
    else reader.skip();
  }
  if (parsed.modifyDeadlineSec.length !== parsed.modifyDeadlineAckIds.length) {
    throw invalidArgument(
      "modifyDeadlineSeconds",
      `as many as modifyDeadlineAckIds (${parsed.modifyDeadlineAckIds.length})`,
      parsed.modifyDeadlineSec.length,
    );
  }
  return parsed;
}

function readPackedInts(reader: WireReader, into: number[]): void {
  if (reader.wireType !== LENGTH_DELIMITED) {
    into.push(reader.signed());
    return;
  }
  const end = reader.lengthEnd();
  while (reader.position < end) into.push(reader.signed());
}
