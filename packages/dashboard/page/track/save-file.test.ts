import { expect, test } from "vitest";
import { nameIn } from "./save-file.ts";

test.each([
  [`attachment; filename="a song.m4a"`, "a song.m4a"],
  [`inline; filename="s?ng.m4a"; filename*=UTF-8''s%C3%B6ng.m4a`, "söng.m4a"],
  [`attachment; filename="say \\"a\\".wav"`, `say "a".wav`],
  ["attachment; filename=song.flac", "song.flac"],
  [null, "file"],
])("%s names %s", (disposition, name) => expect(nameIn(disposition)).toBe(name));
