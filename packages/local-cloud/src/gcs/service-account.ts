import { createHash, createPublicKey, generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";

/** The credentials file that Google's libraries read as `GOOGLE_APPLICATION_CREDENTIALS`. */
type ServiceAccount = {
  readonly type: "service_account";
  readonly project_id: string;
  readonly private_key_id: string;
  readonly private_key: string;
  readonly client_email: string;
  readonly client_id: string;
  readonly auth_uri: string;
  readonly token_uri: string;
  readonly auth_provider_x509_cert_url: string;
  readonly client_x509_cert_url: string;
  readonly universe_domain: string;
};

/** What of the file stays as it is; an earlier release wrote no more. */
const accountKey = z.object({ project_id: z.string(), client_email: z.string(), private_key: z.string() });

export type AccountKey = z.infer<typeof accountKey>;

/** Reads the local cloud's own account; makes one, with a fresh RSA key, when there is no file. */
export function readAccountKey(path: string): AccountKey {
  try {
    return accountKey.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return {
    project_id: "segue-local",
    client_email: "segue@segue-local.iam.gserviceaccount.com",
    private_key: privateKey,
  };
}

/** The account with the addresses of a server that is reached at `url`. Ids are made from the key, so that they stay. */
function complete({ project_id, client_email, private_key }: AccountKey, url: string): ServiceAccount {
  const publicKey = createPublicKey(private_key).export({ type: "spki", format: "der" });
  const id = createHash("sha256").update(publicKey).digest("hex");
  return {
    type: "service_account",
    project_id,
    private_key_id: id.slice(0, 40),
    private_key,
    client_email,
    client_id: BigInt(`0x${id.slice(40, 56)}`)
      .toString()
      .padStart(21, "1"),
    auth_uri: `${url}/auth`,
    token_uri: `${url}/token`,
    auth_provider_x509_cert_url: `${url}/certs`,
    client_x509_cert_url: `${url}/certs`,
    universe_domain: "googleapis.com",
  };
}

/** Writes the whole file, if it says something else: a server on any free port is reached at another one each time. */
export function writeServiceAccount(path: string, key: AccountKey, url: string): void {
  const text = JSON.stringify(complete(key, url), null, 2);
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  const partial = `${path}.partial`;
  writeFileSync(partial, text, { mode: 0o600 });
  renameSync(partial, path);
}
