export type BitDepth = 16 | 24 | 32 | "float";

export type WavRequest = {
  /** One array per channel, equally long, samples in -1 to 1. */
  channels: readonly Float32Array[];
  sampleRateHz: number;
  /** 16, 24, 32: integer PCM, clamped, NaN written as 0. "float": 32-bit IEEE, NaN and infinities written as they are. */
  bitDepth: BitDepth;
};

/** The 44 (integer) or 58 bytes (float, with the `fact` chunk that non-PCM needs) before the samples. */
function wavHeader(frames: number, channelCount: number, { sampleRateHz, bitDepth }: WavRequest): Buffer {
  const float = bitDepth === "float";
  const bytesPerSample = float ? 4 : bitDepth / 8;
  const dataBytes = frames * channelCount * bytesPerSample;
  const header = Buffer.alloc(float ? 58 : 44);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(header.length - 8 + dataBytes + (dataBytes % 2), 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(float ? 18 : 16, 16);
  header.writeUInt16LE(float ? 3 : 1, 20);
  header.writeUInt16LE(channelCount, 22);
  header.writeUInt32LE(sampleRateHz, 24);
  header.writeUInt32LE(sampleRateHz * channelCount * bytesPerSample, 28);
  header.writeUInt16LE(channelCount * bytesPerSample, 32);
  header.writeUInt16LE(bytesPerSample * 8, 34);
  if (float) {
    header.write("fact", 38, "latin1");
    header.writeUInt32LE(4, 42);
    header.writeUInt32LE(frames, 46);
  }
  header.write("data", header.length - 8, "latin1");
  header.writeUInt32LE(dataBytes, header.length - 4);
  return header;
}

/** Interleaves into little-endian bytes. Typed arrays hold the machine's order: little-endian wherever Node runs on. */
function wavData(frames: number, { channels, bitDepth }: WavRequest): Uint8Array {
  const total = frames * channels.length;
  const stride = channels.length;
  if (bitDepth === "float") {
    const data = new Float32Array(total);
    channels.forEach((channel, c) => {
      for (let i = 0, at = c; i < frames; i++, at += stride) data[at] = channel[i] ?? 0;
    });
    return new Uint8Array(data.buffer);
  }
  const top = 2 ** (bitDepth - 1) - 1;
  const data = bitDepth === 16 ? new Int16Array(total) : new Int32Array(total);
  channels.forEach((channel, c) => {
    for (let i = 0, at = c; i < frames; i++, at += stride) {
      // NaN becomes 0 in an integer array.
      data[at] = Math.round(Math.max(-1, Math.min(1, channel[i] ?? 0)) * top);
    }
  });
  if (bitDepth !== 24) return new Uint8Array(data.buffer);
  const bytes = new Uint8Array(total * 3 + ((total * 3) % 2));
  for (let i = 0, at = 0; i < total; i++, at += 3) {
    const value = data[i] ?? 0;
    bytes[at] = value & 255;
    bytes[at + 1] = (value >> 8) & 255;
    bytes[at + 2] = (value >> 16) & 255;
  }
  return bytes;
}

/** A RIFF/WAVE file. Throws a RangeError for unequal channels, or what 32-bit RIFF sizes cannot hold. */
export function encodeWav(request: WavRequest): Buffer {
  const frames = request.channels[0]?.length ?? 0;
  const channelCount = request.channels.length;
  if (channelCount === 0) throw new RangeError("encodeWav needs at least one channel, got none");
  for (const channel of request.channels) {
    if (channel.length !== frames)
      throw new RangeError(`channels must be equally long, got ${frames} and ${channel.length} samples`);
  }
  const bytes = frames * channelCount * (request.bitDepth === "float" ? 4 : request.bitDepth / 8);
  if (bytes > 0xffff_ff00)
    throw new RangeError(`a WAV file holds under 4 GiB of samples, got ${bytes} bytes`);
  return Buffer.concat([wavHeader(frames, channelCount, request), wavData(frames, request)]);
}
