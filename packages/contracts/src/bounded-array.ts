import { z } from "zod";

/**
 * An array whose length is looked at before its items: each item that is wrong has an error of its own, and a message of
 * some megabytes holds millions of them, a minute's work for whoever only wants to say that it is malformed.
 */
export function boundedArray<Item extends z.ZodType>(item: Item, maxItems: number) {
  return z.array(z.unknown()).max(maxItems).pipe(z.array(item));
}
