import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

/** The root folder of the Google Cloud SDK: of the `gcloud` on the PATH, or where Debian's package puts it; null without one. */
function sdkRoot(): string | null {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const gcloud = join(folder, "gcloud");
    if (existsSync(gcloud)) return dirname(dirname(realpathSync(gcloud)));
  }
  const debian = "/usr/lib/google-cloud-sdk";
  return existsSync(debian) ? debian : null;
}

/** The jar of Google's Pub/Sub emulator, or why there is none to compare with. */
export function findEmulator(): { jar: string } | { missing: string } {
  const root = process.env.CLOUDSDK_ROOT_DIR ?? sdkRoot();
  if (root === null) return { missing: "no Google Cloud SDK" };
  const lib = join(root, "platform", "pubsub-emulator", "lib");
  const jar = existsSync(lib)
    ? readdirSync(lib).find((name) => /^cloud-pubsub-emulator-.*-all\.jar$/.test(name))
    : null;
  if (!jar) return { missing: `no emulator in ${lib} (gcloud components install pubsub-emulator)` };
  try {
    execFileSync("java", ["-version"], { stdio: "ignore" });
  } catch {
    return { missing: "no java on the PATH" };
  }
  return { jar: join(lib, jar) };
}
