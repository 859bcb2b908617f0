/** What was opened, to be closed in the opposite order. */
export interface Owned extends AsyncDisposable {
  add<T extends AsyncDisposable>(resource: T): T;
}

export function createOwned(): Owned {
  const all: AsyncDisposable[] = [];
  return {
    add(resource) {
      all.push(resource);
      return resource;
    },
    async [Symbol.asyncDispose]() {
      for (const resource of all.splice(0).reverse()) await resource[Symbol.asyncDispose]();
    },
  };
}
