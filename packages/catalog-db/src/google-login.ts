import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

/** Whom a process is at Google. */
export interface Account {
  /** Of a service account, say. */
  readEmail(): Promise<string>;
  /** A token for logins; a new one where the last one ends soon. */
  readToken(): Promise<string>;
}

/**
 * `postgres://HOST/DATABASE?login=google&sslca=CA`: no password and no user. Each connection logs in as the account that the process has, with a
 * token that holds for an hour at most. `sslca` is the server's certificate authority, PEM in base64url. Cloud SQL has one for each instance, and
 * names no hosts in what it signs: whoever it has signed is the server.
 *
 * @returns undefined for every other URL.
 * @throws {TypeError} without `sslca`: a token is not for whoever answers.
 */
export function readGoogleLogin(
  connectionString: string,
  timeoutMs: number,
  account: Account = googleAccount(),
): pg.PoolConfig | undefined {
  const url = URL.parse(connectionString);
  if (url?.searchParams.get("login") !== "google") return undefined;
  const ca = Buffer.from(url.searchParams.get("sslca") ?? "", "base64url").toString();
  if (!ca.includes("BEGIN CERTIFICATE"))
    throw new TypeError(
      "login=google: expected sslca, the server's certificate authority (PEM in base64url)",
    );
  // Whoever waits for a connection is told what it waited for.
  const askMs = timeoutMs * 0.8;
  return {
    host: url.hostname,
    port: Number(url.port || 5_432),
    database: url.pathname.slice(1),
    ssl: { ca, checkServerIdentity: () => undefined },
    password: () => within(askMs, account.readToken()),
    Client: accountClient(() => within(askMs, account.readEmail())),
  };
}

/** `pg` wants to know the user when a client is made, and who a process is has to be asked. */
function accountClient(readEmail: () => Promise<string>) {
  return class extends pg.Client {
    declare readonly connectionParameters: { user?: string };

    override connect(): Promise<pg.Client>;
    override connect(callback: (error: Error) => void): void;
    override connect(callback?: (error: Error) => void): Promise<pg.Client> | undefined {
      const named = readEmail().then((email) => {
        this.user = userOf(email);
        this.connectionParameters.user = this.user;
      });
      if (!callback) return named.then(() => super.connect());
      named.then(() => super.connect(callback), callback);
      return undefined;
    }
  };
}

/** What Cloud SQL calls an account. */
function userOf(email: string): string {
  return email.replace(/\.gserviceaccount\.com$/, "");
}

/** By its own client, which is loaded when somebody asks. */
function googleAccount(): Account {
  const scopes = ["https://www.googleapis.com/auth/sqlservice.login"];
  const opened = once(async () => new (await import("google-auth-library")).GoogleAuth({ scopes }));
  return {
    async readEmail() {
      const { client_email: email } = await (await opened()).getCredentials();
      if (email) return email;
      throw new TypeError(
        "login=google: expected an account at Google (Workload Identity, say); there is none here",
      );
    },
    async readToken() {
      const token = await (await opened()).getAccessToken();
      if (token) return token;
      throw new TypeError("login=google: expected a token of Google's; there is none here");
    },
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = sleep(ms, undefined, { ref: false }).then(() => {
    throw new Error(`login=google: Google does not say who this is (asked for ${ms} ms)`);
  });
  return Promise.race([work, late]);
}
