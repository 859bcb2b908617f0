/** A page of a list, and where the next one begins; null: there is none. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** What a list has, at most `limit`, page by page. @param readPage is told how many are still wanted. */
export async function* walkPages<T>(
  limit: number,
  readPage: (cursor: string | null, left: number) => Promise<Page<T>>,
): AsyncGenerator<T> {
  let cursor: string | null = null;
  let left = limit;
  do {
    const page: Page<T> = await readPage(cursor, left);
    yield* page.items.slice(0, left);
    left -= page.items.length;
    cursor = page.nextCursor;
  } while (cursor !== null && left > 0);
}
