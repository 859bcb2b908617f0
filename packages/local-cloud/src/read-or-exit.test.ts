import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test.each(["pubsub", "gcs", "postgres"])(
  "a wrong environment ends %s with one line and exit code 3",
  (part) => {
    const main = fileURLToPath(new URL(`./${part}-main.ts`, import.meta.url));
    const name = `SEGUE_${part.toUpperCase()}_PORT`;
    const env = { PATH: process.env.PATH, [name]: "often", SEGUE_DATA_DIRR: "x" };
    const run = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", main], {
      env,
      encoding: "utf8",
    });
    expect([run.status, run.stdout]).toEqual([3, ""]);
    expect(run.stderr).toMatch(
      new RegExp(
        `^${part}: ${name}: expected a port number; it is "often"; .*SEGUE_DATA_DIRR: .* did you mean SEGUE_DATA_DIR\\?\\n$`,
      ),
    );
  },
);
