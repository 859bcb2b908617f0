import { openMigrated, testDatabases } from "@segue/catalog-db/testing";
import { describe, expect, test, vi } from "vitest";
import { adminKey, startKeyedApi } from "../fixtures/keyed-api.ts";

const server = testDatabases.find(({ name }) => name === "Postgres server");
const missing = server ? undefined : "no Postgres server is installed";
if (missing) console.warn(`skipped: an API that may only read: ${missing}`);

describe.skipIf(missing)(`an API that may only read${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("is not ready, says which step was left out, and is ready when it was done", async () => {
    await using database = await (server ?? expect.unreachable()).start();
    const owner = await openMigrated(database.url);
    await owner.query("create role api login");
    await owner.query("grant select on all tables in schema public to api");
    const env = { DATABASE_URL: database.url.replace("//postgres@", "//api@") };
    await using keyed = await startKeyedApi(env, { rightsPaces: { wellMs: 20, missingMs: 20 } });
    const readiness = async () => {
      const { status, json } = await keyed.ask(null, "/readyz");
      return { status, detail: json.detail };
    };
    await vi.waitFor(async () =>
      expect(await readiness()).toEqual({
        status: 503,
        detail: expect.stringMatching(/api_keys: INSERT.*docs\/database-access\.md/),
      }),
    );
    // What can be done once the step is done is not a defect.
    const refused = await keyed.post(adminKey, "/v1/keys", {
      owner: "a",
      name: "b",
      scopes: ["tracks:read"],
    });
    expect(refused).toMatchObject({ status: 503, json: { code: "unavailable" } });
    await vi.waitFor(async () =>
      expect(await keyed.api.collectMetrics()).toMatch(/^segue_audit_waiting\S* 1$/m),
    );

    await owner.query("select let_serve_api('api')");
    await vi.waitFor(async () => expect(await readiness()).toMatchObject({ status: 200 }));
    await keyed.makeKey({});
    // What waited is kept as well.
    await vi.waitFor(
      async () =>
        expect((await owner.query("select count(*)::int as n from api_audit")).rows).toEqual([{ n: 2 }]),
      { timeout: 5_000 },
    );
    await owner.end();
  });
});
