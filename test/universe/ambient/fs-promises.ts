// Stands in for `node:fs/promises`: a machine's scratch disk is in memory; what is read of the repository is read at once.
import * as own from "node:fs";
import { fileURLToPath } from "node:url";
import { type Disk, DiskError } from "../world/disk.ts";
import { worldNow } from "../world/world.ts";

/** A path on a simulated disk, and that disk; undefined for what is the repository's. What Linux tells of itself is no part of a world. */
export function findDisk(path: string | URL): Disk | undefined {
  const text = typeof path === "string" ? path : fileURLToPath(path);
  if (text.startsWith("/proc/")) throw new DiskError("ENOENT", text);
  const disk = worldNow()?.disk;
  return disk?.isHere(text) ? disk : undefined;
}

function demandDisk(path: string): Disk {
  const disk = findDisk(path);
  if (!disk) throw new Error(`expected a path on a simulated disk, got ${path}`);
  return disk;
}

export async function mkdir(path: string, _options?: object): Promise<void> {
  demandDisk(path).makeFolder(path);
}

export async function mkdtemp(prefix: string): Promise<string> {
  return demandDisk(prefix).makeTemporary(prefix);
}

export async function rm(
  path: string,
  options: { force?: boolean; recursive?: boolean } = {},
): Promise<void> {
  const disk = demandDisk(path);
  if (!disk.has(path) && !options.force) throw new DiskError("ENOENT", path);
  disk.remove(path);
}

export async function rename(from: string, to: string): Promise<void> {
  demandDisk(from).move(from, to);
}

/** Nobody writes to a file that has two names. */
export async function link(from: string, to: string): Promise<void> {
  const disk = demandDisk(from);
  disk.write(to, disk.read(from));
}

export const copyFile = link;

export async function stat(path: string): Promise<{ size: number }> {
  return { size: demandDisk(path).read(path).length };
}

export async function readdir(path: string | URL): Promise<string[]> {
  return findDisk(path)?.list(String(path)) ?? own.readdirSync(path);
}

export async function readFile(path: string | URL, encoding?: BufferEncoding): Promise<string | Buffer> {
  const bytes = findDisk(path)?.read(String(path)) ?? own.readFileSync(path);
  return encoding ? bytes.toString(encoding) : bytes;
}

export async function writeFile(path: string, data: string | Uint8Array): Promise<void> {
  demandDisk(path).write(path, Buffer.from(data));
}

export async function appendFile(path: string, data: string | Uint8Array): Promise<void> {
  const disk = demandDisk(path);
  const before = disk.has(path) ? disk.read(path) : Buffer.alloc(0);
  disk.write(path, Buffer.concat([before, Buffer.from(data)]));
}

/** A file that is written and confirmed, as a probe of the machine does. */
export interface FileHandle {
  writeFile(data: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export async function open(path: string, _flags?: string): Promise<FileHandle> {
  const disk = demandDisk(path);
  disk.write(path, Buffer.alloc(0));
  return {
    writeFile: async (data) => disk.write(path, Buffer.from(data)),
    async sync() {},
    async close() {},
  };
}
