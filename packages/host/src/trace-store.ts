import { ObjectNotFoundError, type ObjectRef, type ObjectStore, PreconditionFailedError } from "@segue/store";
import { isInSpan, withSpan } from "@segue/telemetry";

/** A store whose operations are spans of the trace in which they are called; outside of any they begin none. A walk has no span of its own. */
export function traceStore(store: ObjectStore): ObjectStore {
  return {
    ...store,
    writeObject: (request) => inSpan("write", request, () => store.writeObject(request)),
    readObject: (ref) => inSpan("read", ref, () => store.readObject(ref)),
    readJson: (ref) => inSpan("read", ref, () => store.readJson(ref)),
    downloadObject: (ref, ...rest) => inSpan("download", ref, () => store.downloadObject(ref, ...rest)),
    openObject: (ref, ...rest) => inSpan("open", ref, () => store.openObject(ref, ...rest)),
    statObject: (ref) => inSpan("stat", ref, () => store.statObject(ref)),
    copyObject: (from, to, options) => inSpan("copy", to, () => store.copyObject(from, to, options)),
    composeObject: (sources, to, options) =>
      inSpan("compose", to, () => store.composeObject(sources, to, options)),
    deleteObject: (ref) => inSpan("delete", ref, () => store.deleteObject(ref)),
    listObjects: ({ bucket, prefix }, ...rest) =>
      inSpan("list", { bucket, name: prefix }, () => store.listObjects({ bucket, prefix }, ...rest)),
  };
}

async function inSpan<T>(what: string, { bucket, name }: ObjectRef, call: () => Promise<T>): Promise<T> {
  if (!isInSpan()) return await call();
  const attributes = { "storage.bucket": bucket, "storage.object": name };
  const answered = await withSpan(
    `storage ${what}`,
    attributes,
    async (span) => {
      try {
        return { value: await call() };
      } catch (error) {
        if (!isAnswer(error)) throw error;
        span.setAttribute("storage.answer", error.name);
        return { error };
      }
    },
    { kind: "client" },
  );
  if ("error" in answered) throw answered.error;
  return answered.value;
}

/** That there is no such object, or another one by now, is no failure of storage. */
function isAnswer(error: unknown): error is Error {
  return error instanceof ObjectNotFoundError || error instanceof PreconditionFailedError;
}
