/**
 * Whether the API may write what it keeps (keys, usage, the audit, webhooks): whoever runs the fleet names its account to the database, in a step of its own. An API
 * that reads and can't write answers most of what it is asked; that a key which got out can't be withdrawn would be found out when that is tried.
 *
 *   asked at the start, and each minute ---> all is granted: nothing to say
 *          ^                          '----> something is not: not ready, in words, until it is
 *          '--- the database is away: what was known goes on
 */
import type { Logger } from "@segue/telemetry";

export interface RightsPaces {
  /** Between questions while all is granted, in ms. */
  readonly wellMs: number;
  /** While something is not. */
  readonly missingMs: number;
}
export const rightsPaces: RightsPaces = { wellMs: 60_000, missingMs: 5_000 };

export interface Rights {
  /** Undefined while all that is known is granted. */
  trouble(): string | undefined;
  /** When the first question has come to something. */
  readonly asked: Promise<void>;
  stop(): void;
}

export interface RightsOptions {
  /** What is not granted, by table. */
  readMissing(): Promise<readonly string[]>;
  readonly log: Pick<Logger, "error" | "info" | "debug">;
  readonly paces?: RightsPaces | undefined;
}

export function watchRights({ readMissing, log, paces = rightsPaces }: RightsOptions): Rights {
  let trouble: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const look = async () => {
    try {
      const missing = await readMissing();
      const before = trouble;
      trouble = missing.length === 0 ? undefined : inWords(missing);
      if (trouble !== undefined && before === undefined) log.error({ missing }, trouble);
      if (trouble === undefined && before !== undefined)
        log.info({}, "the database lets the API write what it keeps");
    } catch (error) {
      log.debug({ error }, "what the API may write can't be told now");
    }
  };
  const lookOn = async (): Promise<void> => {
    await look();
    if (isStopped) return;
    timer = setTimeout(lookOn, trouble === undefined ? paces.wellMs : paces.missingMs).unref();
  };
  return {
    trouble: () => trouble,
    asked: lookOn(),
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

function inWords(missing: readonly string[]): string {
  return (
    `the database does not let the API write what it keeps (${missing.join("; ")}): ` +
    "run the step of docs/database-access.md (segue export --database-access)"
  );
}
