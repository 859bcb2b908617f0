import { status } from "@grpc/grpc-js";

/** An error that reaches the caller as a gRPC status: `code` is the status code, `message` the details. */
export class StatusError extends Error {
  readonly code: status;
  constructor(code: status, message: string) {
    super(message);
    this.name = "StatusError";
    this.code = code;
  }

  /** Normalises any throw: what is not a StatusError becomes INTERNAL. */
  static from(thrown: unknown): StatusError {
    if (thrown instanceof StatusError) return thrown;
    return new StatusError(status.INTERNAL, thrown instanceof Error ? thrown.message : String(thrown));
  }
}

/** INVALID_ARGUMENT that says what was expected and what came. */
export function invalidArgument(field: string, expected: string, came: unknown): StatusError {
  const text = typeof came === "string" ? JSON.stringify(came) : String(came);
  return new StatusError(status.INVALID_ARGUMENT, `${field}: expected ${expected}, came ${text}`);
}

/** NOT_FOUND with Pub/Sub's own wording. */
export function notFound(resource: string): StatusError {
  return new StatusError(status.NOT_FOUND, `Resource not found (resource=${resource}).`);
}

/** ALREADY_EXISTS with Pub/Sub's own wording. */
export function alreadyExists(resource: string): StatusError {
  return new StatusError(
    status.ALREADY_EXISTS,
    `Resource already exists in the project (resource=${resource}).`,
  );
}

/** UNIMPLEMENTED: a documented feature that this server leaves out on purpose. */
export function unimplemented(feature: string): StatusError {
  return new StatusError(status.UNIMPLEMENTED, `${feature} is not offered by the local Pub/Sub server.`);
}
