import type { Api } from "./api-context.ts";

/** How long a client may go on sending what nobody reads any more, in ms. */
export const lingerMs = 5_000;

/**
 * A request that is refused before its body has come whole: closing the connection at once would reset it and lose the
 * answer, so the rest is read and thrown away for a while (as nginx does with `lingering_close`).
 */
export function lingerAfterRefusal(app: Api): void {
  app.addHook("onResponse", async ({ raw }) => {
    if (raw.complete || raw.destroyed) return;
    raw.resume();
    const timer = setTimeout(() => raw.socket.destroy(), lingerMs);
    timer.unref();
    raw.once("close", () => clearTimeout(timer));
    raw.once("end", () => clearTimeout(timer));
  });
}
