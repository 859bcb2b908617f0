import { createHash, createPublicKey, verify } from "node:crypto";
import { SignedReceipt, TakedownStatement } from "@segue/contracts";

/** A receipt that is none, or not what was signed. */
export class ReceiptRefusal extends Error {
  override readonly name = "ReceiptRefusal";
}

/**
 * Proves a takedown's receipt.
 *
 * @param receipt JSON, parsed or as text.
 * @param trusted public keys that are trusted, each as base64 of its SubjectPublicKeyInfo, or PEM. The one in the receipt is not: whoever made it up has made that up too.
 * @returns what it says.
 * @throws {ReceiptRefusal}
 */
export function verifyReceipt(receipt: unknown, trusted: readonly string[]): TakedownStatement {
  const parsed = SignedReceipt.safeParse(typeof receipt === "string" ? parseJson(receipt) : receipt);
  if (!parsed.success) throw new ReceiptRefusal("expected the receipt of a takedown, as the API has it");
  const { statement, signature, keyId } = parsed.data;
  const key = trusted.map(readPublicKey).find((each) => each.keyId === keyId);
  if (!key)
    throw new ReceiptRefusal(`it is signed with the key ${keyId}, which is none of those that are trusted`);
  if (!verify(null, Buffer.from(statement), key.key, Buffer.from(signature, "base64")))
    throw new ReceiptRefusal("the signature is not of what it says");
  const said = TakedownStatement.safeParse(parseJson(statement));
  if (!said.success) throw new ReceiptRefusal("it is signed, and says nothing that this release knows");
  return said.data;
}

function readPublicKey(text: string) {
  try {
    const key = text.includes("-----BEGIN")
      ? createPublicKey(text)
      : createPublicKey({ key: Buffer.from(text, "base64"), format: "der", type: "spki" });
    const spki = key.export({ type: "spki", format: "der" });
    return { key, keyId: createHash("sha256").update(spki).digest("hex").slice(0, 16) };
  } catch (cause) {
    throw new ReceiptRefusal("expected a public key: PEM, or base64 of its SubjectPublicKeyInfo", { cause });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
