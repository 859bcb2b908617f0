import { stripVTControlCharacters } from "node:util";
import { defineKind, errorCodes, hint, httpErrorCodes } from "@segue/contracts";
import { formatBytes, formatClock, formatLatency, printable, readFacts, shorten } from "@segue/wording";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  apiUrl,
  bad,
  chain,
  kindsByName,
  progress,
  result,
  results,
  rowOf,
  song,
  speech,
} from "./fixtures/shown-tracks.ts";
import { explainCode } from "./local-failures.ts";
import { plainPaint } from "./paint.ts";
import { renderApiHelp, renderEnded, renderFailures, renderSummary } from "./render-lines.ts";
import { describeProgress, renderProgress } from "./render-progress.ts";
import { renderResults } from "./render-results.ts";
import { estimateRemainingMs, type Progress } from "./tally.ts";

/** Columns that a line takes in a terminal: wide characters and emoji take two. */
function columns(line: string): number {
  return [...line].reduce(
    (sum, char) => sum + (/[\u3040-\u9fff]|\p{Emoji_Presentation}/u.test(char) ? 2 : 1),
    0,
  );
}

test("results of one track", () => {
  expect(renderResults([song], apiUrl, 80, plainPaint)).toMatchSnapshot();
});

test("where the API is about to stop there are no links to it", () => {
  expect(renderResults([song, speech], null, 120, plainPaint)).not.toContain("http");
  expect(renderResults([song], null, 120, plainPaint)).not.toContain("http");
});

test("files are named, and their titles where they say more", () => {
  const same = { ...song, file: "albums/same.flac", title: "same" };
  const text = renderResults([song, same], null, 140, plainPaint);
  expect(text).toMatch(/albums\/song\.flac[\s\S]*Seven Small Machines[\s\S]*albums\/same\.flac/);
  expect(text).not.toMatch(/│ same /);
});

test("what was found odd is told, and what was done to the AAC's level", () => {
  const warnings = [{ code: "channels-out-of-phase", message: "the channels are\u001b[2J opposite" }];
  const row = rowOf({
    results: {
      ...results,
      pcm: result({ durationSec: 201, tags: {}, warnings }),
      aac: result({ sizeBytes: 3_140_000, gainDb: -4.09, warnings: [] }),
    },
  });
  const text = renderResults([row], null, 200, plainPaint);
  expect(text).toMatch(/warning +│ channels-out-of-phase: the channels are\ufffd\[2J opposite/);
  expect(text).toMatch(/AAC +│ 3.1 MB, gain -4.1 dB/);
  expect(renderResults([song, row], null, 200, plainPaint)).toContain(" warning: channels-out-of-phase ");
});

test("facts of a kind that says nothing of them are shown by their own names", () => {
  expect(
    readFacts({ peak: 0.123456789, bands: { low: -12, "a\u001b[2Jb": null }, onsets: [1, 2, 3, 4, 5] }).text,
  ).toBe("peak 0.123457, bands.low -12, bands.a\ufffd[2Jb none, onsets 5 values");
  expect(readFacts("just text").text).toBe("just text");
  expect(readFacts({}).text).toBe("-");
  const many = Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`f${n}`, n]));
  expect(readFacts(many).text).toMatch(/^f0 0, f1 1.*f7 7, and 3 more$/);
});

const Hinted = defineKind({
  name: "swing",
  retention: "derivative",
  payload: null,
  facts: z
    .object({
      ratio: z
        .number()
        .nullable()
        .meta(hint({ display: { as: "summary", unit: ":1", precision: 2 } })),
      sure: z
        .number()
        .optional()
        .meta(hint({ display: { as: "aside", format: "fraction" } })),
      lengthSec: z.number().meta(hint({ display: { as: "detail", label: "over", format: "seconds" } })),
      inner: z.number().optional(),
      why: z
        .string()
        .optional()
        .meta(hint({ display: { as: "reason" } })),
    })
    .meta(hint({ display: { label: "swing\u001b[2J", order: 25 } })),
});

test("a kind that the command was not built with is shown as it asks to be: column, line, block", () => {
  const withSwing = (facts: unknown) =>
    rowOf({ results: { ...results, swing: result(facts) } }, kindsByName([Hinted, ...chain.kinds]));
  const row = withSwing({ ratio: 1.5, sure: 0.77, lengthSec: 61, inner: 5 });
  expect(renderEnded(row, progress, plainPaint)).toContain(
    " · tempo 116.0 BPM (92 %) · swing\ufffd[2J 1.50 :1 (77 %) · key D major",
  );
  expect(renderResults([row], null, 200, plainPaint)).toMatch(
    /swing\ufffd\[2J +│ 1.50 :1 \(77 %\), over 1:01 +│/,
  );
  const [head] = renderResults([song, row], null, 200, plainPaint).split("\n").slice(1);
  expect(head?.split("│").map((cell) => cell.trim())).toEqual([
    "",
    "#",
    "file",
    "duration",
    "tempo",
    "swing\ufffd[2J",
    "key",
    "loudness",
    "tags",
    "AAC",
    "latency",
    "",
  ]);
  const none = withSwing({ ratio: null, sure: 0, lengthSec: 61, why: "rubato" });
  expect(renderEnded(none, progress, plainPaint)).toContain("swing\ufffd[2J none (rubato) · ");
  // Of an earlier version, when it was called otherwise.
  const earlier = withSwing({ swing: 1.5, lengthSec: "a minute" });
  expect(renderEnded(earlier, progress, plainPaint)).toContain("swing\ufffd[2J over a minute, swing 1.5");
});

test("a list of objects is shown as what each shows of itself, as far as there is room", () => {
  const channel = z.object({
    peakDb: z.number(),
    crestDb: z
      .number()
      .nullable()
      .meta(hint({ display: { as: "summary", unit: "dB" } })),
  });
  const { schema } = defineKind({
    name: "channels",
    retention: "derivative",
    payload: null,
    facts: z.object({ channels: z.array(channel).meta(hint({ display: { as: "summary" } })) }),
  });
  const channels = [12.5, null, 11, 10, 9].map((crestDb) => ({ peakDb: -1, crestDb }));
  expect(readFacts({ channels }, schema).summary).toBe("12.5 dB, none, 11 dB, 10 dB");
  expect(readFacts({ channels: [] }, schema).summary).toBe("none");
});

test("where the terminal is too narrow for all columns, those that are to stand on the right come below", () => {
  const narrow = renderResults([song, song], null, 110, plainPaint);
  const wide = renderResults([song, song], null, 200, plainPaint);
  expect(wide).toMatch(/│ tags +│ AAC +│ latency │/);
  expect(wide).not.toMatch(/^AAC$/m);
  expect(narrow).not.toContain("│ AAC");
  expect(narrow).toMatch(/^AAC\n {3}1 {2}3.1 MB\n {3}2 {2}3.1 MB$/m);
});

test("of a fleet that does not list its kinds, facts are shown all the same", () => {
  const row = rowOf({}, new Map());
  expect(renderEnded(row, progress, plainPaint)).toContain("tempo bpm 116.04, confidence 0.92");
  expect(row.results.map(({ hasColumn }) => hasColumn)).not.toContain(true);
});

test("results of several tracks, with links that are whole", () => {
  expect(renderResults([song, speech, bad], apiUrl, 120, plainPaint)).toMatchSnapshot();
});

describe.each([40, 60, 80, 100, 109, 110, 120, 200])("at a width of %i", (width) => {
  test("nothing but links is wider", () => {
    for (const rows of [[song], [bad], [song, speech, bad]]) {
      const lines = renderResults(rows, apiUrl, width, plainPaint).split("\n");
      for (const line of lines.filter((text) => !text.includes("http"))) {
        expect(columns(line), line).toBeLessThanOrEqual(width);
      }
    }
    const screen = {
      progress,
      note: "the API answered 503 (storage does not answer); sending goes on in 5 s",
    };
    for (const line of renderProgress(screen, width, plainPaint).split("\n")) {
      expect(columns(line), line).toBeLessThanOrEqual(width);
    }
  });
});

test("progress", () => {
  expect(renderProgress({ progress, note: "draining" }, 80, plainPaint)).toMatchSnapshot();
  const nothing: Progress = { ...progress, total: 0, accepted: 0, succeeded: 0, failed: 0, steps: [] };
  expect(
    renderProgress({ progress: { ...nothing, remainingMs: null }, note: null }, 80, plainPaint),
  ).toMatchSnapshot();
});

test("while something holds the work up there is no estimate", () => {
  expect(describeProgress(progress, null)).toContain("about 1:10 left");
  expect(describeProgress(progress, "the API answered 503")).not.toContain("left");
});

test("a bar is full only when everything has ended", () => {
  const nearly = { ...progress, total: 100_000, succeeded: 99_998, failed: 1, steps: [] };
  expect(renderProgress({ progress: nearly, note: null }, 80, plainPaint)).toContain("░");
});

test("lines for tracks, failures, the summary and the API", () => {
  const lines = [
    renderEnded(song, progress, plainPaint),
    renderEnded(speech, progress, plainPaint),
    renderEnded(bad, progress, plainPaint),
    renderEnded({ ...song, state: "partial", failures: bad.failures }, progress, plainPaint),
    renderFailures(
      [
        {
          code: "not-audio",
          count: 5,
          examples: [{ file: "a.txt", code: "not-audio", message: "text" }],
        },
        { code: "http-418", count: 1, examples: [{ file: "b", code: "http-418", message: "teapot" }] },
      ],
      plainPaint,
    ),
    renderSummary(progress, plainPaint),
    renderApiHelp(
      { apiUrl, databaseUrl: "postgres://postgres@127.0.0.1:5432/postgres", dataDir: null },
      plainPaint,
    ),
    renderApiHelp({ apiUrl, databaseUrl: null, dataDir: "/mnt/my state" }, plainPaint),
  ];
  expect(lines.join("\n")).toMatchSnapshot();
});

test("a code of a step's own is explained with the words that came with it", () => {
  const words = { meaning: "It is encrypted.", remedy: "Send a copy without." };
  const examples = [{ file: "a.m4a", code: "drm-protected", message: "enca", words }];
  const shown = renderFailures([{ code: "drm-protected", count: 1, examples }], plainPaint);
  expect(shown).toBe("drm-protected (1) It is encrypted. Send a copy without.\n  a.m4a: enca");
});

test("no control character of a file's name or tags reaches the terminal", () => {
  const shown = [
    renderResults([bad], apiUrl, 80, plainPaint),
    renderResults([bad, bad], apiUrl, 120, plainPaint),
    renderEnded(bad, progress, plainPaint),
  ].join("\n");
  expect(shown).toBe(stripVTControlCharacters(shown));
  expect(shown.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  expect(printable("a\u202eb\u0000c\u009dd")).toBe("a\ufffdb\ufffdc\ufffdd");
  // What looks like the rest of a sequence is part of the name: without it two files look like one.
  expect(printable("a\u001b[31mb\u0007.ogg")).toBe("a\ufffd[31mb\ufffd.ogg");
});

test("a name that the API keeps in a printable form is not shown a second time as a title", () => {
  const row = { ...song, file: "/music/a\u001b[31mb\u0007.ogg", title: "a\ufffd[31mb\ufffd.ogg" };
  const shown = renderResults([row, row], apiUrl, 140, plainPaint);
  expect(shown.match(/31mb/g)).toHaveLength(2);
});

test("every code of the catalogues is explained", () => {
  for (const code of [...errorCodes, ...httpErrorCodes]) expect(explainCode(code)?.remedy).toBeTruthy();
  expect(explainCode("toString")).toBeUndefined();
});

test("numbers with units", () => {
  expect([0, 999, 1000, 3_140_000, 58_000_000_000].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "3.1 MB",
    "58.0 GB",
  ]);
  expect([0, 59.6, 201, 3_723].map(formatClock)).toEqual(["0:00", "1:00", "3:21", "1:02:03"]);
  expect([3, 999.6, 4_200, 99_949, 201_000].map(formatLatency)).toEqual([
    "3 ms",
    "1.0 s",
    "4.2 s",
    "99.9 s",
    "3:21",
  ]);
  expect(shorten("a-long-file-name.flac", 10)).toBe("a-lon…flac");
});

test("time left follows the rate of the last ends", () => {
  expect(estimateRemainingMs([], 0, 10, 1_000)).toBeNull();
  expect(estimateRemainingMs([1_000, 2_000], 0, 10, 2_000)).toBe(10_000);
  expect(estimateRemainingMs([1_000, 2_000], 0, 0, 2_000)).toBe(0);
  // 50 ends in the last 4.9 s say more than the slow ones before them.
  const ends = Array.from({ length: 50 }, (_, i) => 100_000 + i * 100);
  expect(estimateRemainingMs(ends, 0, 10, 104_900)).toBeCloseTo(1_000);
  // The last ten wait for something else than their turn.
  expect(estimateRemainingMs(ends, 0, 10, 104_900 + 60_000)).toBeNull();
});
