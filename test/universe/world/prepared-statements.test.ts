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
const send = (messages: Buffer) => Buffer.from(postgres.execProtocolRawSync(messages));
const statements = new PreparedStatements(send);
/** What a client hears; where in the server's source and in which portal a mistake was found is told to nobody. */
const hear = (answer: Buffer) =>
  answer
    .toString("latin1")
    .replace(/(?<=\0M[^\0]*)\0[FW].*?\0\0/g, "")
    .replace(/E[\s\S]{4}S/, "ES");
const hearPrepared = (messages: Buffer) => hear(statements.compute(messages));

test.each([
  ["rows", simpleQuery("select id, word from t order by id")],
  ["no row", simpleQuery("select from t where id = 3")],
  ["nothing to be told", simpleQuery("select pg_advisory_xact_lock(7)")],
  ["a mistake", simpleQuery("select word from nowhere")],
  ["what fails as it runs", simpleQuery("select 1 / (id - 1) from t")],
  ["several statements", simpleQuery("begin; select 1; commit")],
  [
    "a transaction with values in its statements",
    simpleQuery(`begin; set local statement_timeout = 7; select pg_advisory_xact_lock(7);
with given as (select '{"word":"it''s;"}'::jsonb as v) -- it's a word
insert into t select id, v ->> 'word' from given, generate_series(3, 4) id on conflict (id) do update set word = excluded.word; select id, word from t where id = 3; commit`),
  ],
  ["a value with escapes", simpleQuery(String.raw`begin; select E'{"a":"\\\\ ''"}'::jsonb ->> 'a'; commit`)],
  [
    "values of a transaction's end",
    simpleQuery(`update t set word = '"b"'::jsonb #>> '{}' where id = 1; commit`),
  ],
  [
    "what is read in the middle",
    simpleQuery("begin; select id from t order by id; delete from t where id = 9; commit"),
  ],
  ["what fails in the middle", simpleQuery("begin; select 1 / (id - 1) from t; delete from t; commit")],
  ["what comes after it", simpleQuery("select id from t; commit")],
  ["values", queryWith("select word from t where id = $1", ["1"])],
  ["a value that is none", queryWith("select word from t where id = $1", ["x"])],
])("a client hears the same whether its statement was understood before: %s", (_, messages) => {
  const own = hear(send(messages));
  for (let time = 0; time < 3; time++) {
    send(simpleQuery("rollback"));
    expect(hearPrepared(messages)).toBe(own);
  }
  send(simpleQuery("rollback"));
});

test("in a transaction that has failed a query is refused, as ever", () => {
  hearPrepared(simpleQuery("select id from t"));
  send(simpleQuery("begin"));
  send(simpleQuery("select nothing"));
  expect(hearPrepared(simpleQuery("select id from t"))).toBe(hear(send(simpleQuery("select id from t"))));
  send(simpleQuery("rollback"));
});
