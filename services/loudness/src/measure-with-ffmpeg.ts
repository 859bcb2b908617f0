import { readFile } from "node:fs/promises";
import { runFfmpeg } from "@segue/audio";

/** For tests: what ffmpeg's `ebur128` filter measures of a file. */
export async function measureWithFfmpeg(
  path: string,
  metadataPath: string,
): Promise<{ integratedLufs: number; rangeLu: number; truePeakDbtp: number }> {
  const filter = `ebur128=metadata=1:peak=true,ametadata=print:file=${metadataPath}`;
  await runFfmpeg(["-i", path, "-af", filter, "-f", "null", "-"]);
  const text = await readFile(metadataPath, "utf8");
  const last = (key: string) => Number(text.slice(text.lastIndexOf(`lavfi.r128.${key}=`)).split(/[=\n]/)[1]);
  const peaks = ["true_peaks_ch0", "true_peaks_ch1"].filter((key) => text.includes(key)).map(last);
  return {
    integratedLufs: last("I"),
    rangeLu: last("LRA"),
    truePeakDbtp: 20 * Math.log10(Math.max(...peaks)),
  };
}
