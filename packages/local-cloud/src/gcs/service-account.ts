import { generateKeyPairSync } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";

const serviceAccount = z.object({
  type: z.literal("service_account"),
  project_id: z.string(),
  client_email: z.string(),
  private_key: z.string(),
});

/** The credentials file that Google's libraries read as `GOOGLE_APPLICATION_CREDENTIALS`. */
export type ServiceAccount = z.infer<typeof serviceAccount>;

/** Reads the local cloud's own service account; makes one, with a fresh RSA key, the first time. */
export function ensureServiceAccount(path: string): ServiceAccount {
  try {
    return serviceAccount.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const account: ServiceAccount = {
    type: "service_account",
    project_id: "segue-local",
    client_email: "segue@segue-local.iam.gserviceaccount.com",
    private_key: privateKey,
  };
  const partial = `${path}.partial`;
  writeFileSync(partial, JSON.stringify(account, null, 2), { mode: 0o600 });
  renameSync(partial, path);
  return account;
}
