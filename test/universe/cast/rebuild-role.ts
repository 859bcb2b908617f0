import { setTimeout as delay } from "node:timers/promises";
import { connect } from "@segue/catalog-db";
import { rebuildFromStorage } from "../../../services/catalog/src/rebuild-from-storage.ts";
import { createContext } from "./context.ts";
import type { Role } from "./process.ts";
import { serverEnv } from "./settings.ts";

/** Between two tries of somebody who has the catalog rebuilt. */
const againMs = 3_000;
/** So few that a rebuild takes many transactions, between which anything may happen. */
const batchTracks = 3;

/** `segue rebuild`, by somebody who begins again until it comes to its end. */
export const rebuildRole: Role = {
  name: "rebuild",
  async start(cloud, release) {
    const { store, names, chain } = createContext(cloud, release.fleet, {});
    for (;;) {
      const pool = connect({
        connectionString: serverEnv.DATABASE_URL ?? "",
        maxConnections: 2,
        connectTimeoutMs: 5_000,
        statementTimeoutMs: 10_000,
        applicationName: "segue-rebuild",
        onIdleError() {},
      });
      try {
        const counts = await rebuildFromStorage({ pool, store, names, chain, batchTracks });
        cloud.scheduler.note(`rebuilt: ${JSON.stringify(counts)}`);
        return { notReady: () => undefined, async drain() {} };
      } catch (error) {
        cloud.scheduler.note(`a rebuild failed: ${String(error)}`);
        await delay(againMs);
      } finally {
        await pool.end().catch(() => {});
      }
    }
  },
};
