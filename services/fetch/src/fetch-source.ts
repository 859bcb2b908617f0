import { type PayloadRef, PermanentError, type StepError, showSource } from "@segue/contracts";
import {
  decodeBody,
  IntakeError,
  knownEncodings,
  type Masters,
  type Pace,
  type Received,
  type ReceiveOptions,
  readEncoding,
} from "@segue/intake";
import type { OpenedSource, SourceOf } from "./open-source.ts";
import { SourceAwayError } from "./source-away.ts";

export interface FetchParts {
  readonly masters: Masters;
  readonly pace: Pace;
  openSource(source: SourceOf, signal: AbortSignal): Promise<OpenedSource>;
}

/**
 * Fetches a source and keeps it as a master.
 *
 * @throws {StepError} permanent, or `source-away`; whatever storage says.
 */
export async function fetchSource(
  parts: FetchParts,
  { url, trackId }: SourceOf,
  signal: AbortSignal,
): Promise<PayloadRef> {
  const source = await parts.openSource({ url, trackId }, signal);
  try {
    return await parts.masters.keep(await receiveSource(parts, source, showSource(url), { signal, trackId }));
  } catch (error) {
    throw error instanceof IntakeError ? toStepError(error) : error;
  } finally {
    source.body.destroy();
  }
}

async function receiveSource(
  { masters, pace }: FetchParts,
  { body, sizeBytes, contentEncoding, sha256 }: OpenedSource,
  shown: string,
  options: ReceiveOptions,
): Promise<Received> {
  if (sizeBytes !== undefined && sizeBytes > pace.maxBytes) {
    const message = `expected at most ${pace.maxBytes} bytes; ${shown} has ${sizeBytes}`;
    throw new PermanentError("too-large", message);
  }
  const encoding = readEncoding(contentEncoding);
  if (encoding === undefined) {
    const message = `expected ${shown} in ${knownEncodings}; it comes in ${contentEncoding}`;
    throw new PermanentError("source-undecodable", message);
  }
  const decoded = decodeBody(body, encoding, (cause) => {
    const message = `expected ${shown} to be in ${encoding}, as it says; it is not (${cause.message})`;
    return new IntakeError("undecodable", message, { cause });
  });
  try {
    const received = await masters.receive(decoded.body, options);
    if (sha256 !== undefined && sha256 !== received.sha256) {
      await masters.discard(received);
      throw new PermanentError("source-differs", `expected the SHA-256 ${sha256}, got ${received.sha256}`);
    }
    if (encoding !== "identity" || sizeBytes === undefined || sizeBytes === received.sizeBytes)
      return received;
    await masters.discard(received);
    throw new SourceAwayError(`expected ${sizeBytes} bytes from ${shown}, got ${received.sizeBytes}`);
  } finally {
    decoded.end();
  }
}

function toStepError(error: IntakeError): StepError {
  const options = { cause: error };
  switch (error.reason) {
    case "too-large":
      return new PermanentError("too-large", error.message, options);
    case "undecodable":
      return new PermanentError("source-undecodable", error.message, options);
    case "stalled":
    case "cut":
      return new SourceAwayError(error.message, options);
  }
}
