/** Of this tab alone, and gone when it is closed. */
const storageKey = "segue-key";

/** Why a key is asked for. */
export type KeyWish = "required" | "refused";

/** The key that this tab asks the API with, where it needs one. */
export interface Session {
  key(): string | undefined;
  /** Null: what was asked was answered. */
  wish(): KeyWish | null;
  /** The API asks for a key, or does not take the one that there is. */
  refuse(): void;
  /** Undefined: none from now on. */
  use(key: string | undefined): void;
  subscribe(listener: () => void): () => void;
}

export function createSession(storage: Pick<Storage, "getItem" | "setItem" | "removeItem">): Session {
  const listeners = new Set<() => void>();
  let key = storage.getItem(storageKey) ?? undefined;
  let wish: KeyWish | null = null;
  const tell = () => {
    for (const listener of listeners) listener();
  };
  return {
    key: () => key,
    wish: () => wish,
    refuse() {
      if (wish !== null) return;
      wish = key === undefined ? "required" : "refused";
      tell();
    },
    use(given) {
      key = given;
      wish = null;
      if (given === undefined) storage.removeItem(storageKey);
      else storage.setItem(storageKey, given);
      tell();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
