/** A payload that is rendered: as much of it as is asked for. */
export interface ReadablePayload {
  readonly sizeBytes: number;
  /** @param range both ends included; the whole payload without one. */
  read(range?: { readonly start: number; readonly end: number }): Promise<Uint8Array>;
}

/** Makes a rendering: always the same bytes of the same payload. */
export interface Renderer {
  /** Raise it when it makes other bytes of the same payload: it is part of what tells one state of a rendering from another. */
  readonly version: number;
  /** What one rendering reads at most, however large the payload is. */
  readonly maxReadBytes: number;
  /** @throws {NotRenderableError}; whatever `read` throws. */
  render(payload: ReadablePayload): Promise<string>;
}
