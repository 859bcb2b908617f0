import { Key, Pcm, Tags, Tempo } from "@segue/contracts";
import { describe, expect, test } from "vitest";
import { type ExportedTrack, exportedAs } from "./export-columns.ts";
import { renderRekordbox } from "./render-rekordbox.ts";

const toExported = exportedAs([Pcm, Tempo, Key, Tags]);

interface Given {
  readonly title?: string | null;
  readonly fileName?: string | null;
  readonly facts?: Readonly<Record<string, object>>;
  /** What a person has said, by kind. */
  readonly said?: Readonly<Record<string, object>>;
}

function trackOf({ title = null, fileName = null, facts = {}, said = {} }: Given): ExportedTrack {
  const outcomes = Object.entries(facts).map(([kind, of]) => ({ results: [{ kind, facts: of }] }));
  const track = {
    id: "the-id",
    acceptedAt: "2025-01-02T03:04:05.000Z",
    sizeBytes: 9,
    title,
    fileName,
    outcomes,
    corrections: Object.entries(said).map(([kind, of]) => ({ kind, facts: of })),
  };
  return toExported(track as never);
}

async function render(tracks: readonly ExportedTrack[], folder?: string): Promise<string> {
  const pages = (async function* () {
    yield tracks;
  })();
  let text = "";
  for await (const chunk of renderRekordbox(pages, folder)) text += chunk;
  return text;
}

const heard = {
  pcm: { durationSec: 61.6 },
  tempo: { bpm: 127.964, confidence: 1, beatsSec: [0.0251, 0.494], alternatives: [] },
  key: { key: "F#", mode: "minor", strength: 1, confidence: 1, camelot: "11A", openKey: "4m" },
  tags: { tags: [{ tag: "techno", score: 0.9 }] },
};

describe("a collection", () => {
  test("has tempo, key, the first beat, and a playlist in the order of the search", async () => {
    const text = await render(
      [trackOf({ title: "A", fileName: "a.mp3", facts: heard }), trackOf({})],
      "C:\\My Music",
    );
    expect(text.split("\n")).toEqual([
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<DJ_PLAYLISTS Version="1.0.0">',
      '<PRODUCT Name="Segue" Version="1" Company=""/>',
      '<COLLECTION Entries="2">',
      '<TRACK TrackID="1" Name="A" Size="9" TotalTime="62" AverageBpm="127.96" DateAdded="2025-01-02" Comments="techno" Tonality="F#m" ' +
        'Location="file://localhost/C:/My%20Music/a.mp3"><TEMPO Inizio="0.025" Bpm="127.96" Metro="4/4" Battito="1"/></TRACK>',
      '<TRACK TrackID="2" Name="the-id" Size="9" DateAdded="2025-01-02" Location="file://localhost/C:/My%20Music/the-id"/>',
      "</COLLECTION>",
      '<PLAYLISTS><NODE Type="0" Name="ROOT" Count="1">',
      '<NODE Name="Segue" Type="1" KeyType="0" Entries="2">',
      '<TRACK Key="1"/>',
      '<TRACK Key="2"/>',
      "</NODE></NODE></PLAYLISTS>",
      "</DJ_PLAYLISTS>",
      "",
    ]);
  });

  test("has what a person has said in the place of what was heard", async () => {
    const said = { tempo: { bpm: 64 }, key: { key: "A", mode: "minor" } };
    const text = await render([trackOf({ facts: heard, said })]);
    expect(text).toContain('AverageBpm="64.00"');
    expect(text).toContain('Tonality="Am"');
  });

  test("of a long mix the beats are told by their distances", async () => {
    const tempo = { ...heard.tempo, beatsSec: [], beatStepsMs: [1_500, 468] };
    expect(await render([trackOf({ facts: { tempo } })])).toContain('Inizio="1.500"');
  });

  test("has nothing in it that a stranger's text could begin or end", async () => {
    const text = await render([
      trackOf({ title: `"/><x a='&amp;'>\u0000\u001b\ufffe\n\ud800ü`, fileName: `../"&'#%<é>.mp3` }),
    ]);
    expect(text).toContain(' Name="&quot;/&gt;&lt;x a=&apos;&amp;amp;&apos;&gt;&#10;\ufffdü"');
    expect(text).toContain('Location="file://localhost/_%26&apos;%23%25_%C3%A9_.mp3"');
  });

  test("of more than 10,000 tracks there is none", async () => {
    const page = Array.from({ length: 10_001 }, () => trackOf({}));
    await expect(render(page)).rejects.toMatchObject({ problem: "invalid-request" });
    expect(await render(page.slice(1))).toContain('<COLLECTION Entries="10000">');
  });
});
