import { DatabaseSync } from "node:sqlite";

const schema = `
  CREATE TABLE IF NOT EXISTS buckets (
    name TEXT PRIMARY KEY, createdMs INTEGER NOT NULL, updatedMs INTEGER NOT NULL,
    metageneration INTEGER NOT NULL, config TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, name BLOB NOT NULL, generation INTEGER NOT NULL, metageneration INTEGER NOT NULL,
    blob TEXT NOT NULL, sizeBytes INTEGER NOT NULL, crc32c TEXT NOT NULL, md5 TEXT, componentCount INTEGER,
    createdMs INTEGER NOT NULL, updatedMs INTEGER NOT NULL, fields TEXT NOT NULL,
    PRIMARY KEY (bucket, name)
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX IF NOT EXISTS objectsByBlob ON objects (blob);
  CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL, name TEXT NOT NULL, blob TEXT NOT NULL,
    conditions TEXT NOT NULL, fields TEXT NOT NULL, createdMs INTEGER NOT NULL, finished TEXT
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS multipartUploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL, name BLOB NOT NULL, fields TEXT NOT NULL, createdMs INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS multipartParts (
    upload TEXT NOT NULL, number INTEGER NOT NULL, blob TEXT NOT NULL, sizeBytes INTEGER NOT NULL,
    crc32c TEXT NOT NULL, md5 TEXT NOT NULL, createdMs INTEGER NOT NULL, PRIMARY KEY (upload, number)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS garbage (blob TEXT PRIMARY KEY) WITHOUT ROWID;
`;

/**
 * Opens the database of buckets, objects, upload sessions, and blobs that are to be removed. Names of objects are
 * stored as UTF-8 bytes, so that they sort as Cloud Storage sorts them.
 */
export function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  // A committed transaction survives the death of the process; see blobs.ts for what the machine's death does.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;");
  database.exec(schema);
  return database;
}

/** Runs `work` as one transaction. */
export function transact<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // A full disk ends the transaction by itself.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
