import { findFfmpeg } from "./find-ffmpeg.ts";

interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

let announced = false;

/** Logs once per thread which ffmpeg is used, with its version, and its warning if it has one. */
export async function announceFfmpeg(log: Log): Promise<void> {
  if (announced) return;
  const { path, version, source, warning } = await findFfmpeg();
  announced = true;
  if (warning === null) log.info({ path, version, source }, "ffmpeg chosen");
  else log.warn({ path, version, source }, `ffmpeg chosen: ${warning}`);
}
