import { latin1, uint32BE } from "./bytes.ts";

/** An ID3v2.3 tag of whole frames; `declaredBytes` where the header is to lie. */
export function id3(frames: readonly Uint8Array[], declaredBytes?: number): Buffer {
  const body = Buffer.concat(frames);
  const size = declaredBytes ?? body.length;
  const syncsafe = Buffer.from([21, 14, 7, 0].map((shift) => (size >> shift) & 0x7f));
  return Buffer.concat([latin1("ID3\x03\0\0"), syncsafe, body]);
}

export function frame(id: string, content: Uint8Array, flags = 0, declaredBytes = content.length): Buffer {
  return Buffer.concat([
    latin1(id),
    uint32BE(declaredBytes),
    Buffer.from([flags >> 8, flags & 0xff]),
    content,
  ]);
}

/** How ID3v2.3 marks the charset of a text. */
export const charset = { latin1: 0, utf16: 1 } as const;

export function textFrame(id: string, encoding: number, text: Uint8Array): Buffer {
  return frame(id, Buffer.concat([Buffer.from([encoding]), text]));
}

/** An attached picture of any bytes under any MIME type. */
export function pictureFrame(mimeType: string, picture: Uint8Array): Buffer {
  return frame("APIC", Buffer.concat([latin1(`\0${mimeType}\0\x03\0`), picture]));
}

/** 128 bytes at the end of a file. */
export function id3v1(title: Uint8Array, fill = 0): Buffer {
  const tag = Buffer.alloc(128, fill);
  tag.write("TAG", "latin1");
  Buffer.from(title).copy(tag, 3, 0, 30);
  return tag;
}
