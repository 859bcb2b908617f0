import type { Logger } from "@segue/telemetry";
import type { CatalogReads } from "./catalog-reads.ts";
import { ProblemError } from "./problem-error.ts";

/** That there is none is believed so long, in ms: a fleet that has taken nothing down asks once in so long. */
const believedMs = 5_000;

/** Masters that were taken down and are refused. What comes in spite of that, while the database is away or of a source, the catalog refuses. */
export interface RefusedMasters {
  /** @throws {ProblemError} `master-taken-down`. */
  require(master: string): Promise<void>;
}

export function createRefusedMasters(catalog: Pick<CatalogReads, "refusal">, log: Logger): RefusedMasters {
  let noneUntilMs = 0;
  return {
    async require(master) {
      if (performance.now() < noneUntilMs) return;
      const found = await catalog.refusal(master).catch((error: unknown) => {
        if (!(error instanceof ProblemError)) throw error;
        log.debug({ error }, "whether a master was taken down can't be told now; the catalog will");
        return undefined;
      });
      if (found && !found.areAny) noneUntilMs = performance.now() + believedMs;
      if (found?.isRefused)
        throw new ProblemError("master-taken-down", `the bytes with the SHA-256 ${master} were taken down`);
    },
  };
}
