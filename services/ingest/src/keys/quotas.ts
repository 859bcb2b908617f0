/**
 * How many tracks and bytes a family of keys may send on a day, counted in the database: exactly, by all instances together, and only what is accepted.
 *
 *   head of the request --- what was counted so far is read: nothing is left, or less than it says to bring ---> refused, no byte of the body is read
 *   its end, the track is decided on --- counted in one statement, which checks once more ---> accepted; or refused: others have had what was left
 *
 * A track is counted once, by its id: a request that comes again under its Idempotency-Key has the same one. It is counted on the day that it is accepted: where
 * one died between its claim and its charge, that of the request that goes on with it.
 */
import type { Usage } from "@segue/catalog-db";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ApiContext } from "../api-context.ts";
import { type Caller, callerOf } from "../caller.ts";
import { readKey } from "../once/read-key.ts";
import { ProblemError } from "../problem-error.ts";
import { judgeBody } from "../upload/judge-body.ts";
import { dayOf } from "./day-of.ts";

const dayMs = 86_400_000;
const daySec = dayMs / 1_000;

/** The day that a request is counted on: that of its head. */
const days = new WeakMap<FastifyRequest, Date>();

type Context = Pick<ApiContext, "access" | "keyed" | "now" | "log">;

/** For routes that accept tracks, before their bodies are read. @throws {ProblemError} `quota-exceeded`, `unavailable`. */
export async function requireQuota(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const caller = callerOf(request);
  if (!hasQuota(caller)) return;
  const now = context.now();
  days.set(request, now);
  const usage = await context.access.tables.readUsage(caller.family, dayOf(now));
  tell(reply, caller, usage, now);
  if (!isOver(caller, usage, bytesOf(request)) || (await isUnderWay(context, request))) return;
  throw exceeded(caller, now);
}

/** Whether the same request has come before: what was counted is answered as it was. */
async function isUnderWay({ keyed }: Context, request: FastifyRequest): Promise<boolean> {
  const key = readKey(request.raw);
  const { owner } = callerOf(request);
  return key !== undefined && (await keyed.readClaim({ owner, key })) !== undefined;
}

/** Looks once more when all that came is known, before anything is kept. @param bytes none for a source. @throws as `requireQuota`. */
export async function requireRoom(context: Context, request: FastifyRequest, bytes: number): Promise<void> {
  const caller = callerOf(request);
  if (!hasQuota(caller)) return;
  const now = days.get(request) ?? context.now();
  days.set(request, now);
  const usage = await context.access.tables.readUsage(caller.family, dayOf(now));
  if (isOver(caller, usage, bytes) && !(await isUnderWay(context, request))) throw exceeded(caller, now);
}

/** A track that is about to be accepted. */
export interface ToCount {
  readonly trackId: string;
  readonly sizeBytes: number | null;
  /** Whether the same request, sent again, is about the same track. */
  readonly isRepeatable: boolean;
}

/** Counts a track, and accepts it; what comes to nothing is not counted, unless it is gone on with by the next request. @throws as `requireQuota`, and what accepting throws. */
export async function countAccepted(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  { trackId, sizeBytes, isRepeatable }: ToCount,
  accept: () => Promise<void>,
): Promise<void> {
  const caller = callerOf(request);
  if (!hasQuota(caller)) return accept();
  const { tables } = context.access;
  const { family, limits } = caller;
  const { tracksPerDay, bytesPerDay } = limits;
  const now = days.get(request) ?? context.now();
  const day = dayOf(now);
  if (!days.has(request)) await tables.readUsage(family, day);
  const charge = { family, day, trackId, bytes: sizeBytes ?? 0, tracksPerDay, bytesPerDay };
  const usage = await tables.chargeTrack(charge);
  if (usage === false) throw exceeded(caller, now);
  tell(reply, caller, usage, now);
  try {
    await accept();
  } catch (error) {
    if (!isRepeatable)
      await tables.refundTrack(charge).catch((cause: unknown) => {
        context.log.warn({ track: trackId, error: cause }, "a track that was not accepted stays counted");
      });
    throw error;
  }
}

function hasQuota({ limits }: Caller): boolean {
  return limits.tracksPerDay !== null || limits.bytesPerDay !== null;
}

/** What it says to bring; of a form, which has more around the file, and of what does not say, one byte at least. */
function bytesOf({ raw }: FastifyRequest): number {
  const form = judgeBody(raw);
  if (form === "json") return 0;
  return form === "bytes" ? Math.max(1, Number(raw.headers["content-length"] ?? 1)) : 1;
}

function isOver({ limits }: Caller, usage: Usage, bytes: number): boolean {
  const { tracksPerDay, bytesPerDay } = limits;
  return (
    (tracksPerDay !== null && usage.tracks >= tracksPerDay) ||
    (bytesPerDay !== null && usage.bytes + bytes > bytesPerDay)
  );
}

function untilMidnightSec(now: Date): number {
  return Math.ceil((dayMs - (now.getTime() % dayMs)) / 1_000);
}

function exceeded({ limits }: Caller, now: Date): ProblemError {
  const { tracksPerDay, bytesPerDay } = limits;
  const words = [
    ...(tracksPerDay === null ? [] : [`${tracksPerDay} tracks`]),
    ...(bytesPerDay === null ? [] : [`${bytesPerDay} bytes`]),
  ].join(" and ");
  return new ProblemError("quota-exceeded", `expected at most ${words} a day (UTC)`, {
    headers: { "retry-after": String(untilMidnightSec(now)) },
  });
}

/** Adds to what is told of the rate. */
function tell(reply: FastifyReply, { limits }: Caller, usage: Usage, now: Date): void {
  const all = [
    { name: "tracks", most: limits.tracksPerDay, used: usage.tracks, unit: "" },
    { name: "bytes", most: limits.bytesPerDay, used: usage.bytes, unit: ';qu="content-bytes"' },
  ].flatMap(({ most, ...rest }) => (most === null ? [] : [{ ...rest, most }]));
  const until = untilMidnightSec(now);
  add(
    reply,
    "ratelimit-policy",
    all.map(({ name, most, unit }) => `"${name}";q=${most};w=${daySec}${unit}`),
  );
  add(
    reply,
    "ratelimit",
    all.map(({ name, most, used }) => `"${name}";r=${Math.max(0, most - used)};t=${until}`),
  );
}

function add(reply: FastifyReply, header: string, items: readonly string[]): void {
  const ofRate = String(reply.getHeader(header) ?? "")
    .split(", ")
    .filter((item) => item.startsWith('"requests"'));
  reply.header(header, [...ofRate, ...items].join(", "));
}
