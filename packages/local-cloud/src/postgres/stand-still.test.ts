import { once } from "node:events";
import type { Socket } from "node:net";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgresServer } from "./start-postgres-server.ts";
import { writeMessage } from "./write-messages.ts";

// All clients share one session. Whatever one of them does, and however it goes, the others are answered.

let server: PostgresServer;
let other: Client;
const died: unknown[] = [];
beforeAll(async () => {
  const onFatal = (error: unknown) => died.push(error);
  server = await startPostgresServer({
    host: "127.0.0.1",
    port: 0,
    dataDir: null,
    idleInTransactionMs: 500,
    onFatal,
  });
  other = await connect();
  await other.query("CREATE TABLE kept (value int)");
});
afterAll(async () => {
  await other.end();
  await server.close();
  expect(died).toEqual([]);
});

async function connect(): Promise<Client> {
  const client = new Client({ connectionString: server.url });
  client.on("error", () => {});
  await client.connect();
  return client;
}

const half = (message: Buffer) => message.subarray(0, message.length / 2);
const parse = (statement: string) => writeMessage("P", `\0${statement}\0\0\0`);
const query = (statement: string) => writeMessage("Q", `${statement}\0`);
const bind = writeMessage("B", Buffer.alloc(8));
const execute = writeMessage("E", Buffer.alloc(5));
const terminate = writeMessage("X");
const rows = "SELECT repeat('x', 1000000) FROM generate_series(1, 30)";
const insert = "INSERT INTO kept VALUES (1)";

const silences: Record<string, readonly Buffer[]> = {
  "half a message": [half(query("SELECT 1"))],
  "half a message after a whole one": [parse(insert), half(bind)],
  "half a message in a transaction": [query("BEGIN"), query(insert), half(query("COMMIT"))],
  "a query without its end": [parse(insert), bind, execute],
  "a flush, and no more": [writeMessage("H")],
  "a transaction": [query("BEGIN"), query(insert)],
  "a transaction that has failed": [query("BEGIN"), query(insert), query("SELECT nothing")],
  "an error that is to be skipped to a Sync that does not come": [parse("SELEC"), query(insert)],
  "an error, and a good-bye without a Sync": [parse("SELEC"), terminate],
  "a good-bye in a transaction": [query("BEGIN"), query(insert), terminate],
  "COPY from the client": [query("COPY kept FROM STDIN")],
  "COPY from the client in a transaction": [query("BEGIN"), query("COPY kept FROM STDIN")],
  "COPY from the client, with parameters": [parse("COPY kept FROM STDIN"), bind, execute],
  "rows for a COPY that was refused": [
    query("COPY kept FROM STDIN"),
    writeMessage("d", "1\n"),
    writeMessage("c"),
  ],
  "a message that no protocol knows": [writeMessage("!", "junk")],
  "a message whose length is none": [Buffer.from("Q\xff\xff\xff\xf0junk", "latin1")],
  "a message that is longer than memory": [Buffer.from("Q\x7f\xff\xff\xffjunk", "latin1")],
  "a message whose inside is broken": [writeMessage("B", "x")],
};

test.each(Object.entries(silences))(
  "a client that stays behind after %s holds up nobody",
  async (_, sent) => {
    const client = await connect();
    const stream = client.connection.stream as Socket;
    stream.write(Buffer.concat(sent));
    // The other's query is behind it, or it would prove nothing.
    await once(stream, "data", { signal: AbortSignal.timeout(600) }).catch(() => {});
    expect((await other.query("SELECT count(*)::int AS kept FROM kept")).rows).toEqual([{ kept: 0 }]);
    stream.destroy();
  },
);

test.each(Object.entries(silences))("a client that is lost after %s holds up nobody", async (_, sent) => {
  const client = await connect();
  const stream = client.connection.stream as Socket;
  stream.write(Buffer.concat(sent));
  stream.destroySoon();
  await once(stream, "close");
  expect((await other.query("SELECT count(*)::int AS kept FROM kept")).rows).toEqual([{ kept: 0 }]);
});

test("a client that does not read its rows, in a transaction, holds up nobody", async () => {
  const client = await connect();
  await client.query("BEGIN");
  const stream = client.connection.stream as Socket;
  stream.pause();
  stream.write(query(rows));
  expect((await other.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  stream.destroy();
});

test("a client that reads slowly gets all of its rows, and is not asked for more before", async () => {
  const client = await connect();
  const stream = client.connection.stream as Socket;
  const got = client.query(rows);
  stream.pause();
  const more = client.query("SELECT 2 AS two");
  expect((await other.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  stream.resume();
  expect((await got).rows).toHaveLength(30);
  expect((await more).rows).toEqual([{ two: 2 }]);
  await client.end();
});

test("a client that takes many large answers leaves nothing behind", async () => {
  const warnings: string[] = [];
  const note = (warning: Error) => void warnings.push(String(warning));
  process.on("warning", note);
  const client = await connect();
  for (let round = 0; round < 12; round++)
    await client.query("SELECT repeat('x', 1000000) FROM generate_series(1, 8)");
  await client.end();
  process.off("warning", note);
  expect(warnings).toEqual([]);
});

test("hundreds of clients wait for one with a transaction, and each is served", async () => {
  const [first, ...clients] = await Promise.all(Array.from({ length: 300 }, connect));
  if (!first) throw new Error("expected clients");
  await first.query("BEGIN");
  const answers = clients.map((client) => client.query("SELECT 1 AS one"));
  await first.query("COMMIT");
  for (const answer of await Promise.all(answers)) expect(answer.rows).toEqual([{ one: 1 }]);
  await Promise.all([first, ...clients].map((client) => client.end()));
});
