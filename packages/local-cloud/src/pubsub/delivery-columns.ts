import type { DatabaseSync } from "node:sqlite";

/** Folders of earlier versions have neither column. */
export function addDeliveryMarks(db: DatabaseSync): void {
  addColumn(db, "backlog", "restarts");
  addColumn(db, "subscription", "delivered_id");
}

function addColumn(db: DatabaseSync, table: string, column: string): void {
  const there = db.prepare("SELECT 1 FROM pragma_table_info(?) WHERE name = ?").get(table, column);
  if (!there) db.exec(`ALTER TABLE ${table} ADD COLUMN ${column} INTEGER NOT NULL DEFAULT 0`);
}
