import { createPrivateKey } from "node:crypto";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readReceiptKey } from "./receipt-key.ts";

test("a fleet on this machine has one key for receipts, made once, for its owner's eyes alone", async () => {
  const folder = await mkdtemp(join(tmpdir(), "segue-receipt-key-"));
  try {
    const [first, ...others] = await Promise.all([readReceiptKey(folder), readReceiptKey(folder)]);
    expect(createPrivateKey(first).asymmetricKeyType).toBe("ed25519");
    expect([...others, await readReceiptKey(folder)]).toEqual([first, first]);
    expect((await stat(join(folder, "receipt-key.pem"))).mode & 0o777).toBe(0o600);
    await expect(readReceiptKey(join(folder, "none"))).rejects.toThrow("ENOENT");
  } finally {
    await rm(folder, { recursive: true });
  }
});
