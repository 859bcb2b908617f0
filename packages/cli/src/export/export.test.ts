import { expect, test } from "vitest";
import { assetPath } from "./asset-path.ts";
import { csvLine } from "./csv.ts";
import { sortColumns } from "./track-columns.ts";

test("an asset is called as its file, and no name leads out of the folder", () => {
  expect(assetPath("albums/song.flac", "aac", "audio/mp4")).toBe("albums/song.flac.aac.m4a");
  expect(assetPath("../../etc/passwd", "waveform-svg", "image/svg+xml")).toBe("etc/passwd.waveform-svg.svg");
  expect(assetPath("/abs/x.wav", "waveform", "application/json; charset=utf-8")).toBe("x.wav.waveform.json");
  expect(assetPath("..", "odd", "application/x-odd")).toBe("track.odd.bin");
  expect(assetPath("a\u0000b\u001b[2J\udcf6.mp3", "aac", "audio/mp4")).toBe("a_b_[2J_.mp3.aac.m4a");
  const long = assetPath(`${"ü".repeat(200)}.flac`, "aac", "audio/mp4");
  expect(Buffer.byteLength(long)).toBeLessThan(255);
  expect(long).toMatch(/^ü+\.flac\.aac\.m4a$/);
});

test("cells are quoted as RFC 4180 has it, and no text is a formula", () => {
  expect(csvLine(["a", 'b"c', "d,e", "f\ng", null, -1.5, true])).toBe('a,"b""c","d,e","f\ng",,-1.5,true\r\n');
  expect(csvLine(["=1+1", "@x", "+y", "-z"])).toBe("'=1+1,'@x,'+y,'-z\r\n");
});

test("columns begin with the track's own, whatever order tracks come in", () => {
  expect(sortColumns(["tempo.bpm", "id", "key.key"])).toEqual([...sortColumns([]), "key.key", "tempo.bpm"]);
  expect(sortColumns([]).slice(0, 3)).toEqual(["file", "id", "state"]);
});
