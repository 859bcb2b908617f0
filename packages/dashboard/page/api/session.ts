/** Of this tab alone, and gone when it is closed. */
const storageKey = "segue-key";

/** What a header takes: of anything else the browser would say that there is no answer. */
const sendable = /^[\x21-\x7e]+$/;

/** Why a key is asked for. */
export type KeyWish = "required" | "refused";

/** The key that this tab asks the API with, where it needs one. */
export interface Session {
  key(): string | undefined;
  /** Null: what was asked was answered. */
  wish(): KeyWish | null;
  /** The API asks for a key, or does not take the one that there is. */
  refuse(): void;
  /** Undefined: none from now on. One that is none at first sight is refused without being sent. */
  use(key: string | undefined): void;
  subscribe(listener: () => void): () => void;
}

export function createSession(storage: Pick<Storage, "getItem" | "setItem" | "removeItem">): Session {
  const listeners = new Set<() => void>();
  const kept = storage.getItem(storageKey);
  let key = kept !== null && sendable.test(kept) ? kept : undefined;
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
      const isRefused = given !== undefined && !sendable.test(given);
      key = isRefused ? undefined : given;
      wish = isRefused ? "refused" : null;
      if (key === undefined) storage.removeItem(storageKey);
      else storage.setItem(storageKey, key);
      tell();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
