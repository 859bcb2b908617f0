// One good file under names of every odd kind.
import { done, type HostileFile, type Outcome, refused } from "./hostile-file.ts";
import { samples16, sine440, wavOf } from "./wav-bytes.ts";

const taken = done();

const rows: readonly (readonly [what: string, fileName: string, outcome: Outcome])[] = [
  ["empty", "", taken],
  ["a space", " ", taken],
  ["going up", "../../../../etc/passwd", taken],
  ["absolute", "/etc/shadow", taken],
  ["of Windows", "C:\\con\\nul.wav", taken],
  ["an option", "-i", taken],
  ["a pattern", "%05d.wav", taken],
  ["a protocol", "concat:/etc/passwd|/etc/group", taken],
  ["an address", "http://127.0.0.1:1/song.wav?a=b&c#d", taken],
  ["a pipe", "| reboot; $(id) `id` && true", taken],
  ["quotes", `"'\\"\\'<script>alert(1)</script>`, taken],
  ["lines", "a\r\nSet-Cookie: b=c\r\n\r\nd.wav", taken],
  ["NUL", "song\0.wav", refused("invalid-request")],
  ["control characters", "\x01\x1b[31m\x7f\x9b.wav", taken],
  ["of all scripts", "Ünï ☃ 月亮 Подмосковные 🎵‍🔥.wav", taken],
  ["turning the line", "song\u202evaw.exe", taken],
  ["decomposed", "e\u0301e\u0301.wav", taken],
  ["of 1000 characters", `${"n".repeat(996)}.wav`, taken],
  ["of 1001 characters", `${"n".repeat(997)}.wav`, refused("invalid-request")],
];

export function names(): HostileFile[] {
  const wav = wavOf(samples16(0.5, sine440));
  return rows.map(([what, fileName, outcome]) => ({
    name: `a name that is ${what}`,
    fileName,
    make: () => wav,
    outcomes: [outcome],
  }));
}
