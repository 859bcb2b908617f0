// A thread that moves SQLite's log into the database file when told to, so that the server never waits for the disk.
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";

const db = new DatabaseSync(String(workerData));
const checkpoint = db.prepare("PRAGMA wal_checkpoint(PASSIVE)");
parentPort?.on("message", () => {
  checkpoint.all();
  parentPort?.postMessage("done");
});
