/** What file systems of Windows do not take, and what does strange things elsewhere. */
const unsafe = /[\p{Cc}\ufffd<>:"|?*]/gu;
/** File systems take 255 bytes, of which something that stands behind may need some. */
const mostBytes = 180;

/** A name of somebody's that any file system takes, no longer than 180 bytes of UTF-8; its extension stays. */
export function safeFileName(name: string): string {
  const safe = name.toWellFormed().replace(unsafe, "_");
  const bytes = new TextEncoder().encode(safe);
  if (bytes.length <= mostBytes) return safe;
  const end = (/[^.]\.[^.]*$/.exec(safe)?.[0].slice(1) ?? "").slice(0, 10);
  const begin = new TextDecoder().decode(bytes.subarray(0, mostBytes - end.length));
  return `${begin.replaceAll("\ufffd", "")}${end}`;
}

/** What a file is called in a folder, whatever a client called it: its last name alone, which can't lead out of the folder and is not hidden. */
export function fileNameOf(path: string): string {
  const last = path.split(/[/\\]+/).findLast((name) => !/^\.*$/.test(name)) ?? "track";
  return safeFileName(last.replace(/^\.+/, "_"));
}
