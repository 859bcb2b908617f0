/** Random, 128 bits in hex. `randomUUID` is there on secure pages alone, and a fleet may be on a network of its own. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
