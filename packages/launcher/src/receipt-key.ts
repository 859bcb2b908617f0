import { generateKeyPairSync, randomUUID } from "node:crypto";
import { link, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const fileName = "receipt-key.pem";

/** The key that a fleet on this machine signs receipts of takedowns with: made once, and kept in the data folder for its owner's eyes alone. PEM. */
export async function readReceiptKey(folder: string): Promise<string> {
  const file = join(folder, fileName);
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
  const { privateKey } = generateKeyPairSync("ed25519");
  // It has its name when it is whole, and not where another has.
  const own = `${file}.${randomUUID()}`;
  await writeFile(own, privateKey.export({ type: "pkcs8", format: "pem" }), { flag: "wx", mode: 0o600 });
  try {
    await link(own, file);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  } finally {
    await rm(own);
  }
  return readFile(file, "utf8");
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
