import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import type { SignedReceipt, TakedownStatement } from "@segue/contracts";

/** Signs what a takedown has proved. */
export interface ReceiptSigner {
  readonly keyId: string;
  /** Base64 of its SubjectPublicKeyInfo. */
  readonly publicKey: string;
  sign(statement: TakedownStatement): SignedReceipt;
}

/** @param text a private key for Ed25519: PEM, or base64 of its PKCS #8. @throws {TypeError} for any other. */
export function readPrivateKey(text: string): KeyObject {
  const isPem = text.includes("-----BEGIN");
  try {
    const key = isPem
      ? createPrivateKey(text)
      : createPrivateKey({ key: Buffer.from(text, "base64"), format: "der", type: "pkcs8" });
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch (cause) {
    throw new TypeError("expected a private key for Ed25519: PEM, or base64 of its PKCS #8", { cause });
  }
  throw new TypeError("expected a private key for Ed25519, got one for something else");
}

export function createReceiptSigner(privateKey: KeyObject): ReceiptSigner {
  const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const keyId = createHash("sha256").update(spki).digest("hex").slice(0, 16);
  const publicKey = spki.toString("base64");
  return {
    keyId,
    publicKey,
    sign(said) {
      const statement = JSON.stringify(said);
      const signature = sign(null, Buffer.from(statement), privateKey).toString("base64");
      return { v: 1, type: "TakedownReceipt", statement, algorithm: "Ed25519", keyId, publicKey, signature };
    },
  };
}
