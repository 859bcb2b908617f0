import { invalidArgument } from "./status-error.ts";
import { LENGTH_DELIMITED, WireReader } from "./wire-reader.ts";

/** What an ack id says: which subscription's message, and under which lease it was handed out. */
export type AckId = { readonly subscription: number; readonly message: number; readonly lease: number };

/** The text form of an ack id; opaque to clients, ASCII, under 50 characters. */
export function formatAckId(subscription: number, message: number, lease: number): string {
  return `${subscription}-${message}-${lease}`;
}

const DASH = 0x2d;
const ZERO = 0x30;

/** Reads the ack id that comes next; throws INVALID_ARGUMENT for anything this server never handed out. */
export function readAckId(reader: WireReader): AckId {
  const end = reader.lengthEnd();
  const start = reader.position;
  reader.position = end;
  const numbers = [0, 0, 0];
  let at = 0;
  let digits = 0;
  for (let i = start; i < end; i++) {
    const byte = reader.buffer[i] ?? 0;
    if (byte === DASH && digits > 0) {
      at++;
      digits = 0;
    } else if (byte >= ZERO && byte <= ZERO + 9 && at < 3) {
      numbers[at] = (numbers[at] ?? 0) * 10 + byte - ZERO;
      digits++;
    } else at = 3;
  }
  if (at !== 2 || digits === 0) {
    const came = reader.buffer.toString("utf8", start, end);
    throw invalidArgument("ack id", "an ack id that this server handed out", came);
  }
  return { subscription: numbers[0] ?? 0, message: numbers[1] ?? 0, lease: numbers[2] ?? 0 };
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
    else if (reader.field === ackIdsField) ackIds.push(readAckId(reader));
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
    else if (reader.field === 2) parsed.ackIds.push(readAckId(reader));
    else if (reader.field === 3) readPackedInts(reader, parsed.modifyDeadlineSec);
    else if (reader.field === 4) parsed.modifyDeadlineAckIds.push(readAckId(reader));
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
