/**
 * What has to be known of a code word to get past it, by codebook (ISO/IEC 14496-3, tables 4.A.2 to 4.A.12). Code words of a book are
 * numbered in the order of their codes, which are all of one length before the first of the next one: lengths and order are the code.
 */
interface Codebook {
  /** Of code words of 1 bit, 2 bits, and so on. */
  readonly counts: readonly number[];
  /** Coefficients that a code word stands for. */
  readonly coefficients: number;
  /**
   * Of each code word, the bits for signs that follow it, and three for each coefficient that is an escape. Null: none has any, signs
   * are part of the code.
   */
  readonly signs: string | null;
}

// biome-ignore format: a book a line.
const spectralBooks: readonly Codebook[] = [
  { coefficients: 4, counts: [1, 0, 0, 0, 8, 0, 24, 0, 24, 8, 16], signs: null },
  { coefficients: 4, counts: [0, 0, 1, 1, 7, 24, 15, 19, 14], signs: null },
  { coefficients: 4, counts: [1, 0, 0, 4, 2, 6, 3, 5, 15, 15, 8, 9, 3, 3, 5, 2], signs: "011112222232343311223232331221224334323244332333223243344233333344442233434443233" },
  { coefficients: 4, counts: [0, 0, 0, 10, 6, 0, 9, 21, 8, 14, 11, 2], signs: "433331202222121144443333333333332222222222221111444444333333333433344422222243333" },
  { coefficients: 2, counts: [1, 0, 0, 4, 4, 0, 4, 12, 12, 12, 18, 10, 4], signs: null },
  { coefficients: 2, counts: [0, 0, 0, 9, 0, 16, 13, 8, 23, 8, 4], signs: null },
  { coefficients: 2, counts: [1, 0, 2, 1, 0, 4, 5, 10, 14, 15, 8, 4], signs: "0112221122211222222221122212122222222211222222222222112222222222" },
  { coefficients: 2, counts: [0, 0, 1, 5, 7, 10, 14, 15, 8, 4], signs: "2212120112222222221122222222221212222222121222222222221212222112" },
  { coefficients: 2, counts: [1, 0, 2, 1, 0, 4, 3, 8, 11, 20, 31, 38, 32, 14, 4], signs: "0112221122211222222221122222221212222222212222222212221222212222112222222222222122212222222222222222222212212222222122222222222222212212222122222222222222222222222222222" },
  { coefficients: 2, counts: [0, 0, 0, 3, 8, 14, 17, 25, 31, 41, 22, 8], signs: "2222112222211222202211222222222222121222222222222121222222222222222222122222122222222222222222121222222212222221222222222222222221212122222222222222212122212221222222122" },
  { coefficients: 2, counts: [0, 0, 0, 2, 6, 7, 16, 59, 55, 95, 43, 6], signs: "0281122222212122222221122222222222222255555251215255552222255225552252555252255222155222212552252522222225221222222122222222222222122222222222422222242122222222222222222222222222222212222222222222222221222222222222222222222222222112222222222222222222222222212212122212222211222212212112112" },
];

/** Of code words for scale factors, in the same order: how much a factor is above the one before it. */
// biome-ignore format: by the length of their codes.
const factorSteps: readonly number[] = [
  0,
  -1, 1, -2, 2, -3, 3, -4, 4, -5, 5,
  6, -6, 7, -7, 8, -8, 9, -9, 10, -10, -11, 11, 12, -12, 13, -13, 14, -14, 16, 15, 17, 18, -15, -17, -16, 19, -18, -19, 20, -20,
  21, -21, 22, -22, 23, -23, -25, 25, -27, -24, -26, 24, -28, 27, 29, -30, -29, 26, -31, -34, -33, -32, -36, 28, -35, -38, -37, 30,
  -39, -41, -57, -59, -58, -60,
  38, 39, 40, 41, 42, 57, 37, 31, 32, 33, 34, 35, 36, 44, 51, 52, 53, 54, 55, 56, 50, 45, 46, 47, 48, 49, 58, -54, -52, -51, -50, -55,
  43, 60, 59, -56, -53, -45, -44, -42, -40, -43, -49, -48, -46, -47,
];
/** ISO/IEC 14496-3, table 4.A.1. */
const factorCounts: readonly number[] = [1, 0, 1, 3, 2, 4, 3, 5, 4, 6, 6, 6, 5, 8, 4, 7, 3, 7, 46];

/** The code word that the next bits begin with, by as many of them as the longest one has. */
export interface CodeTable {
  readonly longestBits: number;
  /** Its bits, those of its signs included. */
  readonly bits: Uint8Array;
  /** How many escapes follow it; of scale factors, `60` and the step. */
  readonly extra: Uint8Array;
}

export interface SpectralTable extends CodeTable {
  readonly coefficients: number;
}

/** By number of the codebook; book 0 has no code words. */
export const spectralTables: readonly (SpectralTable | null)[] = [
  null,
  ...spectralBooks.map(({ counts, coefficients, signs }) => {
    const followedBy = (word: number) => Number(signs?.[word] ?? 0);
    const table = createTable(counts, (word, length) => {
      const escapes = coefficients === 2 ? Math.floor(followedBy(word) / 3) : 0;
      return { bits: length + followedBy(word) - 3 * escapes, extra: escapes };
    });
    return { ...table, coefficients };
  }),
];

/** What a scale factor's step is stored with in its table's `extra`. */
export const stepOffset = 60;
export const factorTable: CodeTable = createTable(factorCounts, (word, bits) => ({
  bits,
  extra: stepOffset + (factorSteps[word] ?? 0),
}));

/** @throws {Error} if the lengths are not those of a complete code: then the tables above are wrong. */
function createTable(
  counts: readonly number[],
  describe: (word: number, length: number) => { bits: number; extra: number },
): CodeTable {
  const longestBits = counts.length;
  const bits = new Uint8Array(1 << longestBits);
  const extra = new Uint8Array(1 << longestBits);
  let word = 0;
  let at = 0;
  for (const [index, count] of counts.entries()) {
    const length = index + 1;
    for (let i = 0; i < count; i++) {
      const described = describe(word, length);
      const end = at + (1 << (longestBits - length));
      bits.fill(described.bits, at, end);
      extra.fill(described.extra, at, end);
      at = end;
      word += 1;
    }
  }
  if (at !== bits.length) throw new Error(`a codebook fills ${at} of ${bits.length} codes`);
  return { longestBits, bits, extra };
}
