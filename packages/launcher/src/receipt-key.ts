import { generateKeyPairSync } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const fileName = "receipt-key.pem";

/** The key that a fleet on this machine signs receipts of takedowns with: made once, and kept in the data folder for its owner's eyes alone. PEM. */
export async function readReceiptKey(folder: string): Promise<string> {
  const file = join(folder, fileName);
  try {
    const { privateKey } = generateKeyPairSync("ed25519");
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    await writeFile(file, pem, { flag: "wx", mode: 0o600 });
    return pem;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return readFile(file, "utf8");
    throw error;
  }
}
