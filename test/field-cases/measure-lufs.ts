import { fileUrl, inputArgs, runFfmpeg } from "@segue/audio";

/** The integrated loudness of a file, as ffmpeg's own meter reads it (EBU R 128), in LUFS. */
export async function measureLufs(path: string): Promise<number> {
  const args = [...inputArgs, "-i", fileUrl(path), "-map", "0:a:0", "-af", "ebur128", "-f", "null", "-"];
  const { stderr } = await runFfmpeg(args, {});
  const found = [...stderr.matchAll(/I:\s+(-?[\d.]+) LUFS/g)].at(-1)?.[1];
  if (found === undefined) throw new Error(`${path}: ffmpeg's meter printed no loudness`);
  return Number(found);
}
