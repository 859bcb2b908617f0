import { AsyncLocalStorage } from "node:async_hooks";

type LogFields = Readonly<Record<string, string>>;

const scope = new AsyncLocalStorage<LogFields>();

/** Every line that is logged within `work`, and within all that it begins, has these fields beside those around it. */
export function withLogFields<T>(fields: LogFields, work: () => T): T {
  return scope.run({ ...scope.getStore(), ...fields }, work);
}

/** What the lines that are logged now have beside their own fields: a copy, which the logger may write into. */
export function readLogFields(): Record<string, string> {
  return { ...scope.getStore() };
}
