import { isDataError, PackedRowsError } from "@segue/catalog-db";

/**
 * Commits items together. Where what one of them says can't be stored, and never will (the database refuses it, or we fail over it), or not by this
 * release, they are halved until that one stands alone.
 *
 * @param commit of several all or none.
 * @param setAside is handed what was refused: it holds up no other.
 */
export async function commitHalving<T>(
  items: readonly T[],
  commit: (items: readonly T[]) => Promise<void>,
  setAside: (item: T, error: unknown) => Promise<void>,
): Promise<void> {
  try {
    await commit(items);
  } catch (error) {
    if (!isDataError(error) && !(error instanceof PackedRowsError)) throw error;
    if (items.length <= 1) {
      for (const item of items) await setAside(item, error);
      return;
    }
    const half = Math.ceil(items.length / 2);
    await commitHalving(items.slice(0, half), commit, setAside);
    await commitHalving(items.slice(half), commit, setAside);
  }
}
