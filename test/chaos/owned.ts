import { setTimeout as delay } from "node:timers/promises";

/** What was opened, to be closed in the opposite order. */
export interface Owned extends AsyncDisposable {
  add<T extends AsyncDisposable>(resource: T, name?: string): T;
}

/** A client whose server is gone may wait for it for ever. */
const closeLimitMs = 60_000;

/** @param log hears of what does not close: the rest is closed all the same, and what a run has come to is not lost by it. */
export function createOwned(log: (line: string) => void = () => {}): Owned {
  const all: { readonly resource: AsyncDisposable; readonly name: string }[] = [];
  return {
    add(resource, name = "something") {
      all.push({ resource, name });
      return resource;
    },
    async [Symbol.asyncDispose]() {
      for (const { resource, name } of all.splice(0).reverse()) {
        const over = new AbortController();
        const closed = resource[Symbol.asyncDispose]().then(() => true);
        const limit = delay(closeLimitMs, false, { signal: over.signal }).catch(() => true);
        if (!(await Promise.race([closed, limit]))) log(`${name} does not close`);
        over.abort();
      }
    },
  };
}
