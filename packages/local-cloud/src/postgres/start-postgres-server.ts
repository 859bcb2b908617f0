import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockFolder } from "../lock-folder.ts";
import { UsageCounts, type UsageRow } from "../usage/usage-counts.ts";
import { createCluster } from "./create-cluster.ts";
import { Engine } from "./engine.ts";
import { openGate } from "./open-gate.ts";
import { postgresUrl, segueRole } from "./postgres-url.ts";
import { createTurns, type HeldUp } from "./take-turns.ts";

export type PostgresServerOptions = {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Holds the cluster, made if there is none; null keeps it until the server is closed. One server at a time. */
  readonly dataDir: string | null;
  /** Of the role `segue`, which is no superuser; one that nobody can guess by default. */
  readonly password?: string;
  /** A transaction, or a query begun, in which nothing is asked for this long is ended. Default 30 s. */
  readonly idleInTransactionMs?: number;
  /** Called once when the engine dies. The server answers nothing any more: the process should end. */
  readonly onFatal?: (error: unknown) => void;
  /** Told where a client waits long for the session, which another has. */
  readonly onHeldUp?: (held: HeldUp) => void;
};

export type PostgresServer = AsyncDisposable & {
  readonly port: number;
  /** A connection string for the `postgres` database, password included; there is no TLS. */
  readonly url: string;
  /** Statements since the start, `BEGIN` and `COMMIT` among them. */
  usage(): UsageRow[];
  close(): Promise<void>;
};

const defaultIdleMs = 30_000;

/**
 * Starts PGlite behind a port: one Postgres session, shared by connections that take turns query by query and transaction by
 * transaction. Session state (SET, LISTEN, temporary tables, named prepared statements,
 * advisory locks) is therefore shared too: use `SET LOCAL` and unnamed statements. Committed data survives the death of
 * the process, not of the machine: PGlite runs with fsync off.
 *
 * @throws {FolderInUseError} if another server has the folder.
 */
export async function startPostgresServer(options: PostgresServerOptions): Promise<PostgresServer> {
  const lock = options.dataDir === null ? null : lockFolder(join(options.dataDir, ".."), "postgres.lock");
  const ownDir = mkdtempSync(join(tmpdir(), "segue-pg-"));
  const engine = await openEngine(options.dataDir ?? join(ownDir, "data")).catch((error) => {
    rmSync(ownDir, { recursive: true, force: true });
    lock?.[Symbol.dispose]();
    throw error;
  });
  const onFatal = options.onFatal ?? (() => {});
  engine.onFatal = onFatal;
  const usage = new UsageCounts();
  const password = options.password ?? randomUUID();
  const gate = await openGate({
    host: options.host,
    port: options.port,
    credentials: { user: segueRole, password },
    engine,
    usage,
    takeTurn: createTurns(options.onHeldUp ?? (() => {})),
    idleMs: options.idleInTransactionMs ?? defaultIdleMs,
    onFatal,
  });
  let closing: Promise<void> | undefined;
  const closeAll = async () => {
    await gate.close();
    await engine.close();
    rmSync(ownDir, { recursive: true, force: true });
    lock?.[Symbol.dispose]();
  };
  const close = () => {
    closing ??= closeAll();
    return closing;
  };
  const url = postgresUrl(options.host, gate.port, password);
  return { port: gate.port, url, usage: () => usage.rows(), close, [Symbol.asyncDispose]: close };
}

async function openEngine(dataDir: string): Promise<Engine> {
  await createCluster(dataDir);
  // Left by a killed server: the lock is what keeps two servers apart, not this file.
  rmSync(join(dataDir, "postmaster.pid"), { force: true });
  return Engine.open(dataDir, segueRole);
}
