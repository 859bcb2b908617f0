/**
 * A key as text: `sk_<id>_<secret><check>`. The secret is 32 random bytes, the check a CRC-32 of all before it: whoever looks for keys in places where none should be
 * knows one from a text that looks like one, and a key that was not copied whole is refused without anybody being asked. It is no secret how it is reckoned.
 *
 * Of a key its SHA-256 alone is kept. A slow hash, salted, makes guessing dear where people choose: of 2^256 equally likely secrets none is
 * guessed however fast the hash is, and each request pays for it.
 */
import { createHash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const base = BigInt(digits.length);
const idLength = 12;
/** 62^43 is just more than 2^256. */
const secretLength = 43;
const checkLength = 6;

const form = new RegExp(`^sk_([0-9A-Za-z]{${idLength}})_[0-9A-Za-z]{${secretLength + checkLength}}$`);

/** A key that was just made. */
export interface MadeKey {
  readonly id: string;
  /** The key itself: it is told once. */
  readonly text: string;
  readonly digest: Buffer;
}

export function makeKey(random: (bytes: number) => Buffer = randomBytes): MadeKey {
  const id = toBase62(random(9), idLength);
  const secret = toBase62(random(32), secretLength);
  const body = `sk_${id}_${secret}`;
  const text = `${body}${checkOf(body)}`;
  return { id, text, digest: digestOf(text) };
}

/** The id of what has the form of a key, the check included. */
export function readKeyId(text: string): string | undefined {
  const [, id] = form.exec(text) ?? [];
  const body = text.slice(0, -checkLength);
  return id !== undefined && text === `${body}${checkOf(body)}` ? id : undefined;
}

export function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function checkOf(body: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return toBase62(bytes, checkLength);
}

/** In so many digits: the lower ones, where that is too few. */
function toBase62(bytes: Buffer, length: number): string {
  let rest = BigInt(`0x${bytes.toString("hex")}`);
  let text = "";
  for (let count = 0; count < length; count++) {
    text = (digits[Number(rest % base)] ?? "") + text;
    rest /= base;
  }
  return text;
}
