import { createHash, generateKeyPairSync, sign } from "node:crypto";
import type { TakedownStatement } from "@segue/contracts";
import { expect, test } from "vitest";
import { ReceiptRefusal, verifyReceipt } from "./verify-receipt.ts";

const id = "01900000-0000-7000-8000-000000000001";
const said: TakedownStatement = {
  ...{
    v: 1,
    takedownId: id,
    cause: "delete",
    tracks: [id],
    masters: [],
    again: "new",
    stage: "final",
    sweeps: 3,
  },
  ...{
    requestedAt: "2026-01-01T00:00:00.000Z",
    provedAt: "2026-01-09T00:00:00.000Z",
    removed: null,
    cameAgain: null,
  },
  ...{ lastHeardAt: null, messagesUntil: "2026-01-08T01:00:00.000Z", says: "nothing is left" },
};
function make(text = JSON.stringify(said)) {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const spki = publicKey.export({ type: "spki", format: "der" });
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const keyId = createHash("sha256").update(spki).digest("hex").slice(0, 16);
  const signature = sign(null, Buffer.from(text), privateKey).toString("base64");
  const base64 = spki.toString("base64");
  const receipt = {
    v: 1,
    type: "TakedownReceipt",
    statement: text,
    algorithm: "Ed25519",
    keyId,
    publicKey: base64,
    signature,
  };
  return { receipt, base64, pem };
}

test("a receipt is proved with a key that is trusted, in either form, and tells what was signed", () => {
  const { receipt, base64, pem } = make();
  for (const key of [base64, pem]) expect(verifyReceipt(receipt, [make().base64, key])).toEqual(said);
  expect(verifyReceipt(JSON.stringify(receipt), [base64])).toEqual(said);
});

test("what was changed, what another key has signed, and what is none is refused", () => {
  const { receipt, base64 } = make();
  const other = make();
  const changed = { ...receipt, statement: receipt.statement.replace("final", "removed") };
  const forged = { ...other.receipt, keyId: receipt.keyId };
  for (const [text, why] of [
    [changed, "not of what it says"],
    [forged, "not of what it says"],
    [other.receipt, "none of those that are trusted"],
    [{}, "expected the receipt"],
    ["{", "expected the receipt"],
  ] as const)
    expect(() => verifyReceipt(text, [base64])).toThrow(why);
  expect(() => verifyReceipt(receipt, ["abc"])).toThrow(ReceiptRefusal);
  const { receipt: odd, base64: oddKey } = make("{}");
  expect(() => verifyReceipt(odd, [oddKey])).toThrow("says nothing that this release knows");
});
