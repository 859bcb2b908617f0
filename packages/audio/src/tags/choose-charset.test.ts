import { describe, expect, test } from "vitest";
import { chooseCharset } from "./choose-charset.ts";

/** What a charset writes for a character, found by reading all bytes and pairs of bytes. */
function createEncoder(charset: string): (text: string) => Buffer | null {
  const decoder = new TextDecoder(charset, { fatal: true });
  const codes = new Map<string, readonly number[]>();
  const learn = (...bytes: number[]) => {
    try {
      const text = decoder.decode(Uint8Array.from(bytes));
      if ([...text].length === 1 && !codes.has(text)) codes.set(text, bytes);
    } catch {
      // No character.
    }
  };
  for (let lead = 0; lead < 256; lead++) learn(lead);
  for (let lead = 0x80; lead < 256; lead++) for (let trail = 0x40; trail < 256; trail++) learn(lead, trail);
  return (text) => {
    const bytes = [...text.normalize("NFC")].map((char) => codes.get(char));
    return bytes.includes(undefined) ? null : Buffer.from(bytes.flatMap((code) => code ?? []));
  };
}

/** Real words: languages, currencies, months and weekdays by their names. Countries are what readings are judged by. */
function wordsOf(language: string): string[] {
  const letters = [..."abcdefghijklmnopqrstuvwxyz"];
  const languages = new Intl.DisplayNames([language], { type: "language", fallback: "none" });
  const currencies = new Intl.DisplayNames([language], { type: "currency", fallback: "none" });
  const dates = Array.from({ length: 12 }, (_, i) => new Date(2020, i, 1 + i));
  return [
    ...letters.flatMap((a) => letters.flatMap((b) => languages.of(a + b) ?? [])),
    ...Intl.supportedValuesOf("currency").flatMap((code) => currencies.of(code) ?? []),
    ...dates.flatMap((date) => [
      date.toLocaleDateString(language, { month: "long" }),
      date.toLocaleDateString(language, { weekday: "long" }),
    ]),
  ];
}

const beyondAscii = (text: string) => /\P{ASCII}/u.test(text);

const european = [
  ...[
    "pt",
    "es",
    "ca",
    "gl",
    "fr",
    "it",
    "rm",
    "de",
    "lb",
    "nl",
    "fy",
    "af",
    "sv",
    "da",
    "nb",
    "nn",
    "fi",
    "is",
  ],
  ...[
    "fo",
    "ga",
    "gd",
    "cy",
    "br",
    "eu",
    "et",
    "sq",
    "mt",
    "hu",
    "pl",
    "cs",
    "sk",
    "sl",
    "hr",
    "ro",
    "lt",
    "lv",
    "tr",
  ],
];

test.each(european)("%s: each word, by itself in a file that says Latin-1, stays what it is", (language) => {
  const encode = createEncoder("windows-1252");
  const words = wordsOf(language).flatMap((name) => [name, ...name.split(/\s+/), name.toUpperCase()]);
  const changed = [...new Set(words)].filter(beyondAscii).flatMap((word) => {
    const bytes = encode(word);
    const read = bytes === null ? null : chooseCharset([bytes])(bytes);
    return read === null || read === word.normalize("NFC") ? [] : [`${word} -> ${read}`];
  });
  expect(changed).toEqual([]);
});

test.each([
  ["gbk", "zh"],
  ["big5", "zh-Hant"],
  ["shift_jis", "ja"],
  ["euc-jp", "ja"],
  ["euc-kr", "ko"],
  ["windows-1251", "ru"],
  ["windows-1251", "uk"],
  ["windows-1251", "bg"],
  ["koi8-r", "ru"],
  ["windows-1253", "el"],
])(
  "%s, %s: of files with three tags in it that say Latin-1, 97 in 100 are read as what they are",
  (charset, language) => {
    const encode = createEncoder(charset);
    const words = wordsOf(language).filter((word) => beyondAscii(word) && !/\d/.test(word));
    let files = 0;
    const wrong: string[] = [];
    for (let i = 0; i + 3 <= words.length; i += 3) {
      const tags = words.slice(i, i + 3);
      const bytes = tags.flatMap((tag) => encode(tag) ?? []);
      if (bytes.length < tags.length) continue;
      files += 1;
      const read = bytes.map(chooseCharset(bytes));
      if (read.join() !== tags.join()) wrong.push(`${tags} -> ${read}`);
    }
    expect(files).toBeGreaterThan(80);
    expect(wrong.length / files, wrong.join("\n")).toBeLessThan(0.03);
  },
);

describe("one text alone", () => {
  const read = (...bytes: number[]) => chooseCharset([Buffer.from(bytes)])(Buffer.from(bytes));
  test.each<[string, number[], string]>([
    ["cp1251", [0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2, 0x20, 0xec, 0xe8, 0xf0], "Привет мир"],
    ["cp1251 in capitals", [0xca, 0xc8, 0xcd, 0xce], "КИНО"],
    ["GBK", [0xc4, 0xe3, 0xba, 0xc3, 0xca, 0xc0, 0xbd, 0xe7], "你好世界"],
    ["GBK among ASCII", [0x4c, 0x69, 0x76, 0x65, 0x20, 0xd6, 0xd0, 0xb9, 0xfa], "Live 中国"],
    ["UTF-8", [...Buffer.from("Motörhead – ☃")], "Motörhead – ☃"],
    ["UTF-8, one letter of it", [...Buffer.from("é")], "é"],
    ["quotation marks of Windows", [0x44, 0x6f, 0x6e, 0x92, 0x74], "Don’t"],
    ["letters of a Latin alphabet", [0xc6, 0xd8, 0xc5], "ÆØÅ"],
    ["ção", [...Buffer.from("Coração", "latin1")], "Coração"],
  ])("%s", (_, bytes, text) => expect(read(...bytes)).toBe(text));

  test("UTF-8 that a field of 30 bytes cuts within a letter", () => {
    const bytes = Buffer.from("Москва не сразу строилась").subarray(0, 30);
    expect(chooseCharset([bytes])(bytes)).toBe("Москва не сразу ");
  });
});

test("the texts of a file are judged together: one that could be anything follows the others", () => {
  const encode = createEncoder("gbk");
  const [title, artist] = ["帕劳", "月亮代表我的心"].map((text) => encode(text) ?? Buffer.of());
  if (!title || !artist) throw new Error("GBK has these");
  expect(chooseCharset([title, artist])(title)).toBe("帕劳");
});

test("UTF-8 in one tag and a legacy charset in another", () => {
  const utf8 = Buffer.from("Größe und Überfluß");
  const latin1 = Buffer.from("Größer", "latin1");
  const read = chooseCharset([utf8, latin1]);
  expect([read(utf8), read(latin1)]).toEqual(["Größe und Überfluß", "Größer"]);
});
