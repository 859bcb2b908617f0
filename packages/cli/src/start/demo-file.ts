import { access, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface DemoFile {
  readonly path: string;
  readonly title: string;
}

/** The demo track as a file in the data folder: composed and synthesised at the first start, about a second's work. */
export async function writeDemoFile(dataDir: string): Promise<DemoFile> {
  const { composeDemo, demoTrack } = await import("@segue/synth");
  const { title } = composeDemo();
  const folder = join(dataDir, "demo");
  const path = join(folder, `${title}.wav`);
  const there = await access(path).then(
    () => true,
    () => false,
  );
  if (!there) {
    // The data folder is nobody else's from its first file on.
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await mkdir(folder, { recursive: true });
    // Under another name first, so that a start that was killed leaves no half of it behind.
    await writeFile(`${path}.part`, demoTrack().wav);
    await rename(`${path}.part`, path);
  }
  return { path, title };
}
