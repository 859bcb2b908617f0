import { useCallback, useRef } from "preact/hooks";
import { type Loaded, useLoaded } from "./use-loaded.ts";

/** An answer of the API that leads on to the next one. */
export interface CursorPage {
  /** Null on the last one. */
  readonly nextCursor: string | null;
}

export interface LoadedPages<P extends CursorPage> extends Loaded<readonly P[]> {
  readonly hasMore: boolean;
  /** Reads one page more; what is there stays meanwhile. */
  more(): void;
}

/** So many pages, from the first on; fewer where there are no more. */
export async function readPages<P extends CursorPage>(
  count: number,
  read: (cursor: string | null) => Promise<P>,
): Promise<P[]> {
  const pages: P[] = [];
  for (let cursor: string | null = null; pages.length < count; ) {
    const page: P = await read(cursor);
    pages.push(page);
    cursor = page.nextCursor;
    if (cursor === null) break;
  }
  return pages;
}

/** As `useLoaded`, of what comes in pages: the first, and one more each time that it is asked for. @param keys another list begins where one of these is another. */
export function usePages<P extends CursorPage>(
  read: (cursor: string | null, signal: AbortSignal) => Promise<P>,
  keys: readonly unknown[],
): LoadedPages<P> {
  const count = useRef(1);
  const known = useRef(keys);
  if (keys.some((key, at) => key !== known.current[at])) {
    known.current = keys;
    count.current = 1;
  }
  const loaded = useLoaded((signal) => readPages(count.current, (cursor) => read(cursor, signal)), keys);
  const { reload, value } = loaded;
  const more = useCallback(() => {
    count.current += 1;
    reload();
  }, [reload]);
  return { ...loaded, hasMore: (value?.at(-1)?.nextCursor ?? null) !== null, more };
}
