import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keepTemplate } from "./cluster-template.ts";
import { createCluster } from "./create-cluster.ts";
import { startPostgresServer } from "./start-postgres-server.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "segue-cluster-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Runs a statement over a server of its own on a cluster. */
async function query(dataDir: string, sql: string) {
  await using server = await startPostgresServer({ host: "127.0.0.1", port: 0, dataDir });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test("the first cluster leaves a template, and its copies are whole and know nothing of each other", async () => {
  const template = join(dir, "kept", "template");
  const [first, second] = [join(dir, "first", "data"), join(dir, "second", "data")];
  await createCluster(first, template);
  await query(first, "create table only_here (id int)");
  await createCluster(second, template);
  expect(await query(second, "select rolname, rolsuper from pg_roles where rolname = current_user")).toEqual([
    { rolname: "segue", rolsuper: false },
  ]);
  expect(await query(second, "select to_regclass('only_here') as found")).toEqual([{ found: null }]);
  expect(await query(first, "select count(*)::int as rows from only_here")).toEqual([{ rows: 0 }]);
  expect(await readdir(join(dir, "kept"))).toEqual(["template"]);
});

test("a cluster that had a superuser beside its role keeps its rows, and has that role only", async () => {
  const dataDir = join(dir, "superuser");
  const database = await PGlite.create(dataDir);
  await database.exec(`
    CREATE ROLE segue LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    ALTER DATABASE postgres OWNER TO segue;
    SET SESSION AUTHORIZATION segue;
    CREATE TABLE kept (id int PRIMARY KEY);
    INSERT INTO kept VALUES (7);
  `);
  await database.close();
  await createCluster(dataDir);
  expect(
    await query(
      dataDir,
      "select id, (select string_agg(rolname, ' ') from pg_roles where rolname !~ '^pg_') as roles, (select tableowner from pg_tables where tablename = 'kept') as owner from kept",
    ),
  ).toEqual([{ id: 7, roles: "segue", owner: "segue" }]);
});

test("of two that keep a template at the same time one stays, and nothing else", async () => {
  const template = join(dir, "both", "template");
  await Promise.all(
    ["a", "b"].map(async (name) => {
      await mkdir(join(dir, name));
      await writeFile(join(dir, name, "PG_VERSION"), name);
      await keepTemplate(join(dir, name), template);
    }),
  );
  expect(await readdir(join(dir, "both"))).toEqual(["template"]);
  expect(await readFile(join(template, "PG_VERSION"), "utf8")).toMatch(/^[ab]$/);
});

test("where no template can be kept there is none, and that is all", async () => {
  const file = join(dir, "file");
  await writeFile(file, "no folder");
  await keepTemplate(dir, join(file, "template"));
  expect(await readFile(file, "utf8")).toBe("no folder");
});
