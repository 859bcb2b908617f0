import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { connect as connectDatabase } from "@segue/catalog-db";
import { startPostgresServer } from "@segue/local-cloud";
import { attempt, type Finding, problem } from "./finding.ts";

/** What does not answer within this does not serve a fleet. */
const answerMs = 5_000;

/** The parts of a cloud that the environment names; of those that it does not, `start` brings its own. */
export async function checkCloud(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const { DATABASE_URL, PUBSUB_EMULATOR_HOST, SEGUE_GCS_ENDPOINT } = env;
  return [
    await (DATABASE_URL ? checkDatabase(DATABASE_URL) : checkEmbeddedPostgres()),
    ...(PUBSUB_EMULATOR_HOST ? [await checkPubSub(PUBSUB_EMULATOR_HOST)] : []),
    ...(SEGUE_GCS_ENDPOINT ? [await checkStorage(SEGUE_GCS_ENDPOINT)] : []),
  ];
}

function checkDatabase(url: string): Promise<Finding> | Finding {
  const remedy = "start the database, or correct DATABASE_URL; without it `start` brings its own";
  const parsed = URL.parse(url);
  // The value is not shown: a password may be in it.
  if (parsed === null) return problem("postgres", "DATABASE_URL: expected a postgres:// URL", remedy);
  const place = `${parsed.host}${parsed.pathname}`;
  return attempt("postgres", remedy, async () => {
    try {
      return `${await readVersion(url)} at ${place}`;
    } catch (error) {
      throw new Error(`DATABASE_URL names ${place}, which can't be used`, { cause: error });
    }
  });
}

function checkEmbeddedPostgres(): Promise<Finding> {
  return attempt("postgres", "set DATABASE_URL to a Postgres of your own", async () => {
    const server = await startPostgresServer({ host: "127.0.0.1", port: 0, dataDir: null });
    try {
      return `${await readVersion(server.url)}, embedded`;
    } finally {
      await server.close();
    }
  });
}

async function readVersion(connectionString: string): Promise<string> {
  const pool = connectDatabase({
    connectionString,
    maxConnections: 1,
    connectTimeoutMs: answerMs,
    statementTimeoutMs: answerMs,
    applicationName: "segue-doctor",
    onIdleError: () => {},
  });
  try {
    const { rows } = await pool.query<{ server_version: string }>("show server_version");
    return `Postgres ${rows[0]?.server_version}`;
  } finally {
    await pool.end();
  }
}

function checkPubSub(address: string): Promise<Finding> {
  const remedy = "start the emulator, or correct PUBSUB_EMULATOR_HOST (host:port)";
  return attempt("pubsub", remedy, async () => {
    // The client takes an address with or without a scheme.
    const { hostname, port } = URL.parse(`http://${address.replace(/^https?:\/\//, "")}`) ?? {};
    if (!hostname || !port) throw new Error(`PUBSUB_EMULATOR_HOST: expected host:port, got "${address}"`);
    const socket = connectSocket({ host: hostname, port: Number(port) });
    try {
      await once(socket, "connect", { signal: AbortSignal.timeout(answerMs) });
      return `something listens at ${address}`;
    } catch (error) {
      throw new Error(`PUBSUB_EMULATOR_HOST names ${address}, which does not answer`, { cause: error });
    } finally {
      socket.destroy();
    }
  });
}

function checkStorage(endpoint: string): Promise<Finding> {
  const remedy = "start the storage, or correct SEGUE_GCS_ENDPOINT (http://host:port)";
  return attempt("storage", remedy, async () => {
    if (!URL.canParse(endpoint)) throw new Error(`SEGUE_GCS_ENDPOINT: expected a URL, got "${endpoint}"`);
    const url = new URL("/storage/v1/b?project=segue-doctor", endpoint);
    const response = await fetch(url, { signal: AbortSignal.timeout(answerMs) }).catch((cause: unknown) => {
      throw new Error(`SEGUE_GCS_ENDPOINT names ${endpoint}, which does not answer`, { cause });
    });
    await response.body?.cancel();
    // Real storage refuses a caller without a key: it answers, which is what is asked here.
    if (response.ok || response.status === 401 || response.status === 403) return `${endpoint} answers`;
    throw new Error(`${endpoint}: expected Cloud Storage's JSON API, got HTTP ${response.status}`);
  });
}
