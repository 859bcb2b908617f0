import { inspect } from "node:util";
import type { StepLog } from "@segue/step";
import { printable } from "@segue/wording";

/** A step's log as lines for people. */
export function createStderrLog(stderr: NodeJS.WritableStream, { debug = false } = {}): StepLog {
  const write = (level: string) => (fields: object, message: string) => {
    const details = inspect(fields, { breakLength: Number.POSITIVE_INFINITY, depth: 3, maxArrayLength: 6 });
    stderr.write(`${level} ${printable(message)} ${printable(details)}\n`);
  };
  return { debug: debug ? write("debug") : () => {}, info: write("info"), warn: write("warn") };
}
