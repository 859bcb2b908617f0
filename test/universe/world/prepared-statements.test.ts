import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { queryWith, simpleQuery } from "./postgres-messages.ts";
import { PreparedStatements } from "./prepared-statements.ts";

let postgres: PGlite;
beforeAll(async () => {
  postgres = await PGlite.create();
  await postgres.exec("create table t (id int primary key, word text)");
  await postgres.exec("insert into t values (1, 'a'), (2, null)");
});
afterAll(() => postgres.close());

/** Understood once, for all tests. */
const statements = new PreparedStatements();
const compute = (messages: Buffer) => Buffer.from(postgres.execProtocolRawSync(messages));
/** What a client hears; where in the server's source and in which portal a mistake was found is told to nobody. */
const hear = (answer: Buffer) =>
  answer
    .toString("latin1")
    .replace(/(?<=\0M[^\0]*)\0[FW].*?\0\0/g, "")
    .replace(/E[\s\S]{4}S/, "ES");
const hearRewritten = (messages: Buffer) => {
  const rewritten = statements.rewrite(messages);
  return hear(rewritten.answer(compute(rewritten.messages)));
};

test.each([
  ["rows", simpleQuery("select id, word from t order by id")],
  ["no row", simpleQuery("select from t where id = 3")],
  ["nothing to be told", simpleQuery("select pg_advisory_xact_lock(7)")],
  ["a mistake", simpleQuery("select word from nowhere")],
  ["what fails as it runs", simpleQuery("select 1 / (id - 1) from t")],
  ["several statements", simpleQuery("begin; select 1; commit")],
  ["values", queryWith("select word from t where id = $1", ["1"])],
  ["a value that is none", queryWith("select word from t where id = $1", ["x"])],
])("a client hears the same whether its statement was understood before: %s", (_, messages) => {
  const own = hear(compute(messages));
  for (let time = 0; time < 3; time++) expect(hearRewritten(messages)).toBe(own);
});

test("in a transaction that has failed a query is refused, as ever", () => {
  hearRewritten(simpleQuery("select id from t"));
  compute(simpleQuery("begin"));
  compute(simpleQuery("select nothing"));
  expect(hearRewritten(simpleQuery("select id from t"))).toBe(hear(compute(simpleQuery("select id from t"))));
  compute(simpleQuery("rollback"));
});
