import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const checkout = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** Labelled music lies next to the checkout, where there is some: it may not be given on. */
const evalFolder = join(checkout, "..", "shared", "eval");
/** Clips of a minute at most, rendered from symbolic music. */
export const clipFolder = join(evalFolder, "tempo-key");
export const hasAnnotatedClips = existsSync(join(clipFolder, "truth.csv"));
/** Those sets that there are. */
export const labelledFolders = [clipFolder, join(evalFolder, "real-tempo")].filter((folder) =>
  existsSync(join(folder, "truth.csv")),
);
