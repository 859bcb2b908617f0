import { expect, test } from "vitest";
import { encodeEnergiesHead, parseEnergies } from "./pcm-energies.ts";

test("energies are finite, however far past full scale samples were", () => {
  const values = Buffer.alloc(8);
  values.writeFloatLE(Number.POSITIVE_INFINITY, 0);
  values.writeFloatLE(0.25, 4);
  const [most, other] = parseEnergies(Buffer.concat([encodeEnergiesHead(2), values]));
  expect([Number.isFinite(most), other]).toEqual([true, 0.25]);
  expect(most).toBeGreaterThan(3.4e38);
});
