/** A WAV file of 16-bit PCM from interleaved samples. */
export function encodeWav(samples: Int16Array, format: { sampleRateHz: number; channels: number }): Buffer {
  const body = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  return Buffer.concat([encodeWavHeader(samples.byteLength, format), body]);
}

export const wavHeaderBytes = 44;
const largestSize = 0xffff_ffff;

/**
 * The 44 bytes before `dataBytes` of 16-bit samples. Past 4 GiB both sizes are 0xFFFFFFFF: read to the file's end.
 * @param tailBytes of the chunks that follow the samples.
 */
export function encodeWavHeader(
  dataBytes: number,
  { sampleRateHz, channels }: { sampleRateHz: number; channels: number },
  tailBytes = 0,
): Buffer {
  const header = Buffer.alloc(wavHeaderBytes);
  const fits = dataBytes + tailBytes + 36 < largestSize;
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(fits ? dataBytes + tailBytes + 36 : largestSize, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRateHz, 24);
  header.writeUInt32LE(sampleRateHz * channels * 2, 28);
  header.writeUInt16LE(channels * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(fits ? dataBytes : largestSize, 40);
  return header;
}
