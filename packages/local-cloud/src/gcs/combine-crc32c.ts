/** CRC32C's polynomial, bits reversed. */
const polynomial = 0x82f63b78;

/** A linear map over GF(2): the image of each of the 32 bits. */
type BitMatrix = Uint32Array;

function apply(matrix: BitMatrix, vector: number): number {
  let sum = 0;
  for (let bit = 0, rest = vector; rest !== 0; bit++, rest >>>= 1) if (rest & 1) sum ^= matrix[bit] ?? 0;
  return sum >>> 0;
}

function square(matrix: BitMatrix): BitMatrix {
  return matrix.map((column) => apply(matrix, column));
}

/** What appending a zero bit does to a checksum. */
function oneZeroBit(): BitMatrix {
  return Uint32Array.from({ length: 32 }, (_, bit) => (bit === 0 ? polynomial : 2 ** (bit - 1)));
}

/**
 * The CRC32C of two pieces one after the other, from theirs, without their bytes: appending n zero bytes to the first is a linear
 * map, made by squaring in log n steps. As zlib's `crc32_combine` does it (M. Adler).
 *
 * @param first @param second checksums, as unsigned numbers.
 * @param secondBytes length of the second piece.
 */
export function combineCrc32c(first: number, second: number, secondBytes: number): number {
  let zeros = square(square(square(oneZeroBit())));
  let checksum = first;
  for (let rest = secondBytes; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) checksum = apply(zeros, checksum);
    zeros = square(zeros);
  }
  return (checksum ^ second) >>> 0;
}
