import type { AuditEntry, KeyResource, NewKey } from "@segue/contracts";
import { printable } from "@segue/wording";
import type { CommandContext } from "../command-context.ts";
import { formatColumns } from "../format-columns.ts";

/** The key alone goes to standard output: it is on its way into a file, or into whatever keeps secrets. */
export function sayNewKey({ stdout, stderr }: CommandContext, { key, resource }: NewKey): void {
  const { id, owner, scopes, expiresAt } = resource;
  const until = expiresAt === null ? "" : `, until ${expiresAt}`;
  stderr.write(
    `Key ${id} of ${printable(owner)} for ${scopes.join(", ")}${until}. It is not kept: this is the one time that it is told.\n`,
  );
  stdout.write(`${key}\n`);
}

export function renderKeys(keys: readonly KeyResource[]): string {
  const head = ["ID", "OWNER", "NAME", "FOR", "LIMITS", "LAST USED", "UNTIL"];
  const rows = keys.map((key) => [
    key.id,
    printable(key.owner),
    printable(key.name),
    key.scopes.join(" "),
    limitsOf(key) || "none",
    key.lastUsedAt ?? "never",
    key.revokedAt === null ? (key.expiresAt ?? "") : `withdrawn ${key.revokedAt}`,
  ]);
  return formatColumns([head, ...rows]);
}

function limitsOf({ requestsPerSec, burst, tracksPerDay, bytesPerDay }: KeyResource): string {
  return [
    ...(requestsPerSec === null ? [] : [`${requestsPerSec}/s, ${burst} at once`]),
    ...(tracksPerDay === null ? [] : [`${tracksPerDay} tracks a day`]),
    ...(bytesPerDay === null ? [] : [`${bytesPerDay} bytes a day`]),
  ].join(", ");
}

export function renderAudit(entries: readonly AuditEntry[]): string {
  const head = ["AT", "KEY", "OWNER", "DID", "TO", "STATUS", "FROM"];
  const rows = entries.map(({ at, keyId, owner, action, object, status, address }) => [
    at,
    printable(keyId ?? ""),
    printable(owner ?? ""),
    printable(action),
    printable(object ?? ""),
    String(status),
    printable(address),
  ]);
  return formatColumns([head, ...rows]);
}
