import type { AuditEntry } from "@segue/contracts";
import type { Logger } from "@segue/telemetry";

/** Kept at once; that wait while the database is away. */
const limits = { atOnce: 500, waiting: 10_000 };
const pauseMs = 500;

/** Keeps who wrote what: in the log at once, and in the database soon. */
export interface AuditTrail {
  note(entry: AuditEntry): void;
  /** Keeps what is left, if the database takes it. */
  close(): Promise<void>;
}

export function createAuditTrail(options: {
  readonly log: Logger;
  insert(entries: readonly AuditEntry[]): Promise<void>;
  readonly pauseMs?: number;
}): AuditTrail {
  const { log, insert } = options;
  let waiting: AuditEntry[] = [];
  let timer: NodeJS.Timeout | undefined;
  let keeping: Promise<void> | undefined;
  const keep = async () => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, limits.atOnce);
      await insert(batch);
      waiting = waiting.slice(batch.length);
    }
  };
  const keepSoon = () => {
    timer ??= setTimeout(() => {
      keeping = keep()
        .catch((error: unknown) => log.debug({ error }, "the audit is not kept now; the log has it"))
        .finally(() => {
          timer = undefined;
          if (waiting.length > 0) keepSoon();
        });
    }, options.pauseMs ?? pauseMs).unref();
  };
  return {
    note(entry) {
      log.info({ type: "audit", ...entry }, "audit");
      if (waiting.length >= limits.waiting) return;
      waiting = [...waiting, entry];
      keepSoon();
    },
    async close() {
      clearTimeout(timer);
      await keeping;
      clearTimeout(timer);
      await keep().catch(() => {});
    },
  };
}
