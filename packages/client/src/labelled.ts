/** Passes a stream's chunks on; an error that it ends with is turned into the given one. */
export async function* labelled<Chunk>(
  stream: AsyncIterable<Chunk>,
  asError: (cause: unknown) => Error,
): AsyncGenerator<Chunk> {
  try {
    yield* stream;
  } catch (cause) {
    throw asError(cause);
  }
}
