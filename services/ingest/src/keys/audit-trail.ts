/**
 * Keeps who wrote what: in the log at once, but for the client's address, which the audit alone has; and in the database soon. What the database does not take waits, as far as there is room, and is said once for each
 * time that it begins not to take it.
 */
import type { AuditEntry } from "@segue/contracts";
import type { Logger } from "@segue/telemetry";

/** Kept at once; that wait while the database is away. */
const limits = { atOnce: 500, waiting: 10_000 };
const pauseMs = 500;

export interface AuditTrail {
  note(entry: AuditEntry): void;
  /** Entries that the database has not taken yet. */
  waiting(): number;
  /** Entries that it never will: there was no room for them, or the process ended. The log has them. */
  lost(): number;
  /** Keeps what is left, if the database takes it. */
  close(): Promise<void>;
}

export interface AuditTrailOptions {
  readonly log: Logger;
  insert(entries: readonly AuditEntry[]): Promise<void>;
  readonly pauseMs?: number;
  /** Entries that may wait; as in production when left out. */
  readonly mostWaiting?: number;
}

export function createAuditTrail(options: AuditTrailOptions): AuditTrail {
  const { log, insert, mostWaiting = limits.waiting } = options;
  let waiting: AuditEntry[] = [];
  let lost = 0;
  /** Whether the database has refused the last ones, and whether since then there was no room for one. */
  let isAway = false;
  let isFull = false;
  let timer: NodeJS.Timeout | undefined;
  let keeping: Promise<void> | undefined;
  const keep = async () => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, limits.atOnce);
      await insert(batch);
      waiting = waiting.slice(batch.length);
      if (isAway) log.info({ lost }, "the audit is kept again");
      isAway = false;
      isFull = false;
    }
  };
  const noteAway = (error: unknown) => {
    if (!isAway) log.warn({ error }, "the audit is not kept now; the log has it");
    isAway = true;
  };
  const keepSoon = () => {
    timer ??= setTimeout(() => {
      keeping = keep()
        .catch(noteAway)
        .finally(() => {
          timer = undefined;
          if (waiting.length > 0) keepSoon();
        });
    }, options.pauseMs ?? pauseMs).unref();
  };
  return {
    note(entry) {
      const { address: _, ...told } = entry;
      log.info({ type: "audit", ...told }, "audit");
      if (waiting.length < mostWaiting) {
        waiting = [...waiting, entry];
        keepSoon();
        return;
      }
      lost += 1;
      if (!isFull)
        log.warn({ waiting: waiting.length }, "no more of the audit can wait; the log alone has it");
      isFull = true;
    },
    waiting: () => waiting.length,
    lost: () => lost,
    async close() {
      clearTimeout(timer);
      await keeping;
      clearTimeout(timer);
      await keep().catch(noteAway);
      if (waiting.length > 0)
        log.warn({ entries: waiting.length }, "the last of the audit was not kept; the log alone has it");
      lost += waiting.length;
      waiting = [];
    },
  };
}
