import { Readable } from "node:stream";

/** What Fastify's injected requests lack of Node's own. */
export class InjectedRequest extends Readable {
  declare headers: Record<string, string>;
  /** All of it is there from the beginning. */
  get complete(): boolean {
    return true;
  }

  get headersDistinct(): Record<string, string[]> {
    return Object.fromEntries(Object.entries(this.headers).map(([name, value]) => [name, [value]]));
  }
}
