import { fileURLToPath } from "node:url";
import { FleetSpec } from "@segue/contracts/fleet-spec";
import { expect, test } from "vitest";
import { runCli } from "../testing/run-cli.ts";

test("export --json prints the whole specification, in the placement that is asked for", async () => {
  const usual = await runCli(["export", "--json"], process.cwd(), { GOOGLE_CLOUD_PROJECT: "music" });
  expect(usual.code).toBe(0);
  const spec = FleetSpec.parse(JSON.parse(usual.stdout));
  expect([spec.project, spec.placement]).toEqual(["music", "default"]);
  expect(spec.buckets.map(({ name }) => name)).toContain("music-segue-records");
  expect(spec.services.map(({ name }) => name)).toContain("decode");

  const thrifty = await runCli(["export", "--json", "--placement", "economy"]);
  const placed = FleetSpec.parse(JSON.parse(thrifty.stdout));
  const names = placed.services.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["analysis", "catalog", "fetch", "ingest"]));
  expect(names).not.toContain("decode");
  // Names do not depend on it.
  expect(placed.topics).toEqual(spec.topics);
  const values = await runCli(["export", "--values", "--placement", "economy"]);
  expect(JSON.parse(values.stdout)).toEqual({ fleet: placed });
});

test("export --database-access prints SQL for psql, of whom the environment names", async () => {
  const { stdout, code } = await runCli(["export", "--database-access"], undefined, {
    ...{ GOOGLE_CLOUD_PROJECT: "music", SEGUE_PREFIX: "mine" },
  });
  expect(code).toBe(0);
  expect(stdout.match(/^\\connect .*$/gm)).toEqual([
    '\\connect - "postgres"',
    '\\connect - "mine-catalog@music.iam"',
  ]);
  expect(stdout).toContain("INSERT INTO api_accounts VALUES ('mine-ingest@music.iam')");
});

test("export without a folder and without --json is refused; so is a placement that is not there", async () => {
  expect(await runCli(["export"])).toMatchObject({ code: 2, stderr: expect.stringContaining("--out <dir>") });
  const fleet = fileURLToPath(new URL("../../../../segue.config.ts", import.meta.url));
  const wrong = await runCli(["export", "--json", "--placement", "nowhere", "--fleet", fleet]);
  expect(wrong.code).not.toBe(0);
  expect(wrong.stderr).toContain("default, economy");
});
