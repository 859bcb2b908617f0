import { execFileSync } from "node:child_process";
import { getuid } from "node:process";

/** What builds images and runs containers without a daemon. */
const tools = ["mmdebstrap", "buildah", "runc"];

function isThere(command: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const missing = tools.filter((tool) => !isThere(tool));

/** Why no image can be built here, if none can. */
export const missingImageTools =
  missing.length > 0
    ? `there is no ${missing.join(", ")}`
    : process.platform !== "linux" || getuid?.() !== 0
      ? "only root on Linux runs containers so"
      : undefined;
