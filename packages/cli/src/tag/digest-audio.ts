import { inputOf, runFfmpeg } from "@segue/audio";

/**
 * A digest of all packets of sound in a file, as they are stored: tags and pictures are not in it.
 *
 * @throws {FfmpegError} where it can't be read.
 */
export async function digestAudio(path: string): Promise<string> {
  let text = "";
  const args = [...inputOf(path, 0), "-map", "0:a", "-c", "copy", "-f", "md5", "pipe:1"];
  await runFfmpeg(args, {
    onStdout: (chunk) => {
      text += chunk.toString("latin1");
    },
  });
  const digest = /^MD5=([0-9a-f]{32})\s*$/.exec(text)?.[1];
  if (digest === undefined) throw new Error(`expected a digest of ffmpeg, got "${text.slice(0, 80)}"`);
  return digest;
}
