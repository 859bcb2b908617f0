import { decodeAll } from "./decode-bytes.ts";

/** What undeclared bytes would be in a charset of Chinese, Japanese or Korean, and how much sense that makes. */
export interface Reading {
  readonly charset: string;
  /** From 0, no sense, to 1: every character stands in a word of the language. */
  readonly sense: number;
}

const charsets = ["gbk", "big5", "shift_jis", "euc-kr", "euc-jp"] as const;

/**
 * The most sensible of these readings of a file's texts; null if none makes any.
 *
 * A character read wrongly is another rare one, next to which no word forms: the measure is how many characters stand in
 * words of two and more. Chinese and Japanese words are told by ICU's dictionary, through `Intl.Segmenter`, Korean ones
 * by their syllables, of which few are common.
 */
export function readEastAsian(texts: readonly Buffer[]): Reading | null {
  let best: Reading | null = null;
  for (const charset of charsets) {
    const decoded = decodeAll(texts, charset);
    const sense = decoded === null ? 0 : senseOf(decoded.join("\n"), charset);
    if (sense > (best?.sense ?? 0)) best = { charset, sense };
  }
  return best;
}

const eastAsian = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}々ー]/u;
/** What stands between words. It proves nothing, in either direction. */
const punctuation = /[\u3000、。，．・：；？！（）「」『』《》〈〉【】～〜…—－·“”]/u;
/** Half-width katakana are single bytes: any accented letter would read as one. */
const halfWidth = /[\uff61-\uff9f]/;

function senseOf(text: string, charset: (typeof charsets)[number]): number {
  const korean = charset === "euc-kr";
  // Kana stand at the same places in GBK, for quotations: next to them, other characters are those of EUC-JP.
  if (/^(gbk|big5)$/.test(charset) && /[\u3040-\u30ff]/.test(text)) return 0;
  let foreign = 0;
  let known = 0;
  let letters = 0;
  let before = "";
  for (const char of text) {
    if (char > "\u007f") {
      if (!punctuation.test(char)) foreign += 1;
      if (isEastAsian(char)) letters += 1;
      if (korean) known += weighSyllable(char);
    }
    // In a word of Latin letters, no such character stands; what looks like one is an accented letter and its neighbour.
    if (
      isLatin(before) !== isLatin(char) &&
      (isEastAsian(before) || isEastAsian(char)) &&
      isLatin(before + char)
    )
      known -= 1;
    before = char;
  }
  if (letters < 2) return 0;
  if (!korean) known += countInWords(text);
  return known / foreign;
}

const isLatin = (text: string) => /[a-z]/i.test(text);
const isEastAsian = (char: string) => eastAsian.test(char) && !halfWidth.test(char);

const segmenter = new Intl.Segmenter("zh", { granularity: "word" });

function countInWords(text: string): number {
  let count = 0;
  for (const { segment } of segmenter.segment(text)) {
    const chars = [...segment];
    if (!chars.every(isEastAsian) || chars.some((char) => /\p{Script=Hangul}/u.test(char))) continue;
    if (chars.length > 1) count += chars.length;
    // Names are in no dictionary. A common character alone is a weak sign.
    else if (isCommonHan(segment)) count += 0.4;
  }
  return count;
}

/** The Korean syllables that make up most of running text. */
const commonSyllables = new Set(
  "가각간갈감갑강개거건걸검게겨결경계고곡곧공과관광교구국군권귀규그근글금급기길김까깨꺼께꼬꽃꿈끝끼" +
    "나난날남내너널네년노녀논놀농높놓누눈느는늘능니님다단달담답당대더던데도독돈돌동된되두둘드득든들등디따때떠또라락란람랑래량러럼렇레려력련렬령로록론료루류르른름릉리린림립" +
    "마막만많말맑망매머먹먼멀메면명모목몰못무묵문물미민믿밀바박반받발밤밥방배백버번벌범법베벽변별병보복본볼봄봉부북분불붉비빈빌빗빛빠뿐사산살삶상새색생서석선설성세소속손솔송쇠수순술숨숲쉬스슬승시식신실싫심싶쌍써쓰씨" +
    "아악안않알암았앞애야약양어억언얼엄없었에여역연열였영예오온올와완왕외요욕용우운울움웃원월위유육은을음의이익인일임입있잊자작잔잘잠장재저적전절점정제조족존좋죄주죽준줄중즐지직진질집차찬참창찾채책처천철첫청체초총최추축춘출춤충취치친침카코크큰키" +
    "타탄태터토통트특파판팔편평포표푸풀품풍프피필하학한할함합항해행향허헤현혈형호혼홀화환황회후흐흔희히힘",
);

function weighSyllable(char: string): number {
  if (!/\p{Script=Hangul}/u.test(char)) return 0;
  return commonSyllables.has(char) ? 1 : 0;
}

/** Whether a character is among the 3755 that GB 2312 puts first: those that are in common use. */
function isCommonHan(char: string): boolean {
  commonHan ??= new Set(
    [...range(0xb0, 0xd7)].flatMap((lead) =>
      [...range(0xa1, 0xfe)].map((trail) => new TextDecoder("gbk").decode(Uint8Array.of(lead, trail))),
    ),
  );
  return commonHan.has(char);
}
let commonHan: Set<string> | undefined;

function* range(from: number, to: number): Generator<number> {
  for (let i = from; i <= to; i++) yield i;
}
