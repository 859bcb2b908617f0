// A Postgres that is told who comes: over TLS alone, and a token is the password, as Cloud SQL does it.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, readFileSync } from "node:fs";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "@segue/local-cloud/free-port";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "./connect.ts";
import type { Account } from "./google-login.ts";
import { askPatiently, findPostgresBin, unprivilegedUser } from "./testing.ts";

const bin = findPostgresBin();
const limits = {
  maxConnections: 2,
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 5_000,
  applicationName: "test",
  onIdleError: () => {},
};
const urlOf = (port: number, ca: string) =>
  `postgres://127.0.0.1:${port}/postgres?login=google&sslca=${Buffer.from(ca).toString("base64url")}`;

describe("an URL", () => {
  const account: Account = { readEmail: () => new Promise(() => {}), readToken: async () => "" };

  test("without the server's authority is refused: a token is not for whoever answers", () => {
    const connectionString = "postgres://127.0.0.1/postgres?login=google";
    expect(() => connect({ ...limits, connectionString }, account)).toThrow("expected sslca");
  });

  test("of an account that nobody tells ends in an error, in time", async () => {
    const connectionString = urlOf(1, "-----BEGIN CERTIFICATE-----");
    const pool = connect({ ...limits, connectionString, connectTimeoutMs: 50 }, account);
    await expect(pool.query("select 1")).rejects.toThrow("Google does not say who this is");
    await pool.end();
  });
});

if (!bin)
  console.warn("skipped: logins by Google's accounts, which need a Postgres server (initdb on the PATH)");

describe.skipIf(!bin)(`logins by Google's accounts${bin ? "" : " (skipped: no initdb on the PATH)"}`, () => {
  let dir: string;
  let port: number;
  let server: ReturnType<typeof spawn>;
  let ca: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "segue-login-"));
    port = await findFreePort();
    const user = unprivilegedUser();
    if (user) chownSync(dir, user.uid, user.gid);
    const as = { ...user, cwd: dir };
    const run = (command: string, ...args: string[]) => execFileSync(command, args, { ...as, stdio: "pipe" });
    const data = join(dir, "data");
    run(join(bin ?? "", "initdb"), "-D", data, "-U", "postgres", "--auth=trust", "--no-sync");
    makeCertificate(run, data);
    ca = readFileSync(join(data, "server.crt"), "utf8");
    await writeFile(
      join(data, "pg_hba.conf"),
      "local all all trust\nhostssl all all 127.0.0.1/32 password\n",
    );
    await appendFile(join(data, "postgresql.conf"), "ssl = on\npassword_encryption = 'scram-sha-256'\n");
    const args = ["-D", data, "-k", dir, "-h", "127.0.0.1", "-p", String(port), "-F"];
    server = spawn(join(bin ?? "", "postgres"), args, { ...as, stdio: "ignore" });
    await ask("select 1");
    await ask(`create role "segue-catalog@music.iam" login password 'ya29.first'`);
  });
  afterAll(async () => {
    server.kill("SIGQUIT");
    await once(server, "exit");
    await rm(dir, { recursive: true, force: true });
  });

  /** As its administrator, from the same machine. */
  const ask = (sql: string) => askPatiently({ host: dir, port, user: "postgres", database: "postgres" }, sql);

  test("each connection is the account's, with the token of the moment", async () => {
    let token = "ya29.first";
    const account: Account = {
      readEmail: async () => "segue-catalog@music.iam.gserviceaccount.com",
      readToken: async () => token,
    };
    await using pool = closing(connect({ ...limits, connectionString: urlOf(port, ca) }, account));
    const who = "select session_user, (select ssl from pg_stat_ssl where pid = pg_backend_pid())";
    const first = await pool.query(who);
    expect(first.rows).toEqual([{ session_user: "segue-catalog@music.iam", ssl: true }]);

    await ask(`alter role "segue-catalog@music.iam" password 'ya29.second'`);
    token = "ya29.second";
    const [one, other] = await Promise.all([pool.connect(), pool.connect()]);
    expect((await other.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    one.release();
    other.release();
  });

  test("a token that does not hold, and a server of another authority, are errors", async () => {
    const readEmail = async () => "segue-catalog@music.iam.gserviceaccount.com";
    let asked = 0;
    const account: Account = { readEmail, readToken: async () => `ya29.${++asked}` };
    await using refused = closing(connect({ ...limits, connectionString: urlOf(port, ca) }, account));
    await expect(refused.query("select 1")).rejects.toThrow(/password authentication failed/);
    expect(asked).toBe(1);

    const other = makeOtherAuthority(dir);
    await using stranger = closing(connect({ ...limits, connectionString: urlOf(port, other) }, account));
    await expect(stranger.query("select 1")).rejects.toThrow(/certificate/);
    // It was told nothing.
    expect(asked).toBe(1);
  });
});

function closing(pool: pg.Pool): pg.Pool & AsyncDisposable {
  return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.end() });
}

type Run = (command: string, ...args: string[]) => unknown;
const selfSigned = (key: string, certificate: string) =>
  `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=music:segue -keyout ${key} -out ${certificate}`.split(
    " ",
  );

function makeCertificate(run: Run, data: string): void {
  run("openssl", ...selfSigned(join(data, "server.key"), join(data, "server.crt")));
}

function makeOtherAuthority(dir: string): string {
  const certificate = join(dir, "other.crt");
  execFileSync("openssl", selfSigned(join(dir, "other.key"), certificate), { stdio: "pipe" });
  return readFileSync(certificate, "utf8");
}
