/** HTTP/2 (RFC 9113): frame types, the flag that ends a stream's sending side, and the error code of a cancellation. */
const frameType = { data: 0, headers: 1, reset: 3 } as const;
const endStream = 1;
const cancel = 8;
const headerBytes = 9;
/** What every client sends before its first frame. */
const prefaceBytes = 24;

export interface OpenStreams {
  /** To be told of everything that the client sends, in order. */
  read(chunk: Uint8Array): void;
  /** Frames that cancel what the client has opened and not ended; null in the middle of a frame, where none fit in. */
  cancelFrames(): Buffer | null;
}

/** Follows what an HTTP/2 client sends, to know which of its streams it still sends on. */
export function followOpenStreams(): OpenStreams {
  const open = new Set<number>();
  const header = Buffer.alloc(headerBytes);
  let headerRead = 0;
  let skip = prefaceBytes;
  const begin = () => {
    const [type, flags] = [header.readUInt8(3), header.readUInt8(4)];
    const stream = header.readUInt32BE(5) & 0x7fff_ffff;
    if (type === frameType.headers) open.add(stream);
    const ends = (type === frameType.headers || type === frameType.data) && (flags & endStream) !== 0;
    if (ends || type === frameType.reset) open.delete(stream);
    skip = header.readUIntBE(0, 3);
    headerRead = 0;
  };
  return {
    read(chunk) {
      for (let at = 0; at < chunk.length; ) {
        const taken = Math.min(chunk.length - at, skip > 0 ? skip : headerBytes - headerRead);
        if (skip > 0) skip -= taken;
        else {
          header.set(chunk.subarray(at, at + taken), headerRead);
          headerRead += taken;
          if (headerRead === headerBytes) begin();
        }
        at += taken;
      }
    },
    cancelFrames: () => (skip > 0 || headerRead > 0 ? null : Buffer.concat([...open].map(cancelFrame))),
  };
}

/** As gRPC clients cancel: an empty last DATA frame, then the reset. The emulator hears the first only. */
function cancelFrame(stream: number): Buffer {
  const frames = Buffer.alloc(headerBytes + headerBytes + 4);
  frames.writeUInt8(frameType.data, 3);
  frames.writeUInt8(endStream, 4);
  frames.writeUInt32BE(stream, 5);
  frames.writeUIntBE(4, headerBytes, 3);
  frames.writeUInt8(frameType.reset, headerBytes + 3);
  frames.writeUInt32BE(stream, headerBytes + 5);
  frames.writeUInt32BE(cancel, headerBytes + headerBytes);
  return frames;
}
