import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import {
  AuditPage,
  BackfillList,
  BackfillReceipt,
  BackfillResource,
  ChainStepList,
  ChangePage,
  ErrorList,
  JobResource,
  KeyList,
  KindList,
  NewKey,
  PingAnswers,
  PingReceipt,
  ReplayReceipt,
  RevokedKeys,
  ToolsInUse,
  TrackHistory,
  TrackList,
  TrackReceipt,
  TrackResource,
} from "@segue/contracts";
import type { ApiClient } from "./api-client.ts";
import { type Connection, type ConnectionOptions, openConnection } from "./connection.ts";
import { correctionsOf } from "./corrections-of.ts";
import { openBody } from "./open-body.ts";
import { queryOf } from "./query-of.ts";
import { readAnswer, readIfFound } from "./read-answer.ts";
import { openEvents } from "./read-events.ts";
import { readLines } from "./read-lines.ts";
import { searchOf } from "./search-of.ts";
import { takedownsOf } from "./takedowns-of.ts";
import { uploadsOf } from "./uploads-of.ts";
import { webhooksOf } from "./webhooks-of.ts";

/** @param apiUrl where the fleet's API is, as `http://127.0.0.1:8080`. */
export function createApiClient(apiUrl: string, options: ConnectionOptions = {}): ApiClient {
  const connection = openConnection(apiUrl, options);
  return {
    apiUrl,
    ...tracksOf(apiUrl, connection),
    ...changesOf(connection),
    ...assetsOf(connection),
    ...jobsOf(connection),
    ...backfillsOf(connection),
    ...webhooksOf(connection),
    ...takedownsOf(connection),
    ...uploadsOf(connection),
    ...searchOf(connection),
    ...correctionsOf(connection),
    ...fleetOf(connection),
    ...keysOf(connection),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

type Tracks =
  | "postUpload"
  | "postBatch"
  | "postSource"
  | "readProgress"
  | "readPage"
  | "readTrack"
  | "readHistory"
  | "replay";

function tracksOf(apiUrl: string, connection: Connection): Pick<ApiClient, Tracks> {
  return {
    async postUpload(upload, options) {
      const { fileName, title, metadata, targets } = upload;
      const url = new URL("/v1/tracks", apiUrl);
      if (fileName !== undefined) url.searchParams.set("filename", fileName);
      if (title !== undefined) url.searchParams.set("title", title);
      if (metadata !== undefined) url.searchParams.set("metadata", JSON.stringify(metadata));
      if (targets !== undefined) url.searchParams.set("targets", targets.join(","));
      return readAnswer(await connection.upload(url, upload, options), TrackReceipt);
    },
    async postSource(body, options) {
      return readAnswer(await connection.post("/v1/tracks", body, options), TrackReceipt);
    },
    async postBatch(lines, options) {
      return readLines(await connection.postLines("/v1/batches", lines, options));
    },
    async readProgress(ids, options) {
      if (ids.length === 0) return [];
      const answer = await connection.get(`/v1/tracks?ids=${ids.join(",")}`, options);
      return (await readAnswer(answer, TrackList)).tracks;
    },
    async readPage({ limit, cursor }, filter = {}, options = {}) {
      const page = { limit: String(limit), ...(cursor === null ? {} : { cursor }) };
      const query = new URLSearchParams({ ...page, ...filter });
      return readAnswer(await connection.get(`/v1/tracks?${query}`, options), TrackList);
    },
    async readTrack(id, { waitSec, ...options } = {}) {
      const query = waitSec === undefined ? "" : `?wait=${waitSec}`;
      return readIfFound(await connection.get(`/v1/tracks/${id}${query}`, options), TrackResource);
    },
    async readHistory(id, options) {
      return readIfFound(await connection.get(`/v1/tracks/${id}/history`, options), TrackHistory);
    },
    async replay(id, body, options) {
      return readIfFound(await connection.post(`/v1/tracks/${id}/replay`, body, options), ReplayReceipt);
    },
  };
}

type Changes = "readChanges" | "streamChanges" | "streamTrack";

function changesOf(connection: Connection): Pick<ApiClient, Changes> {
  return {
    async readChanges(query = {}, options = {}) {
      return readAnswer(await connection.get(`/v1/changes?${queryOf(query)}`, options), ChangePage);
    },
    async streamChanges(since, options) {
      return openEvents(await connection.get(`/v1/changes/events?${queryOf({ since })}`, options));
    },
    async streamTrack(id, lastEventId, options = {}) {
      const answer = await connection.get(`/v1/tracks/${id}/events`, { ...options, lastEventId });
      if (answer.statusCode !== 404) return openEvents(answer);
      await answer.body.dump();
      return undefined;
    },
  };
}

type Assets = "openAsset" | "downloadAsset" | "downloadMaster";

function assetsOf(connection: Connection): Pick<ApiClient, Assets> {
  const openAsset: ApiClient["openAsset"] = async (url, options) => {
    const answer = await connection.get(url, options);
    if (answer.statusCode === 404) {
      await answer.body.dump();
      return undefined;
    }
    return openBody(answer);
  };
  const downloadAsset: ApiClient["downloadAsset"] = async (url, path, options) => {
    const asset = await openAsset(url, options);
    if (asset) await pipeline(asset.body, createWriteStream(path));
    return asset !== undefined;
  };
  const downloadMaster: ApiClient["downloadMaster"] = (id, path, options) =>
    downloadAsset(`/v1/tracks/${id}/assets/master`, path, options);
  return { openAsset, downloadAsset, downloadMaster };
}

function jobsOf(connection: Connection): Pick<ApiClient, "postJob" | "readJob"> {
  return {
    async postJob(job, options) {
      return readAnswer(await connection.post("/v1/jobs", job, options), JobResource);
    },
    async readJob(requestId, options) {
      const path = `/v1/jobs/${encodeURIComponent(requestId)}`;
      return readIfFound(await connection.get(path, options), JobResource);
    },
  };
}

type Backfills = "requestBackfill" | "listBackfills" | "readBackfill" | "steerBackfill";

function backfillsOf(connection: Connection): Pick<ApiClient, Backfills> {
  return {
    async requestBackfill(body, options) {
      return readAnswer(await connection.post("/v1/backfills", body, options), BackfillReceipt);
    },
    async listBackfills(options) {
      return readAnswer(await connection.get("/v1/backfills", options), BackfillList);
    },
    async readBackfill(id, options) {
      return readIfFound(await connection.get(`/v1/backfills/${id}`, options), BackfillResource);
    },
    async steerBackfill(id, action, options) {
      return readIfFound(
        await connection.post(`/v1/backfills/${id}/${action}`, {}, options),
        BackfillReceipt,
      );
    },
  };
}

type Fleet = "sendPing" | "readPing" | "readTools" | "listKinds" | "listSteps" | "listErrors";

function fleetOf(connection: Connection): Pick<ApiClient, Fleet> {
  return {
    async sendPing(body, options) {
      return readAnswer(await connection.post("/v1/pings", body, options), PingReceipt);
    },
    async readPing(id, options) {
      return readAnswer(await connection.get(`/v1/pings/${id}`, options), PingAnswers);
    },
    async readTools(options) {
      return readIfFound(await connection.get("/v1/tools", options), ToolsInUse);
    },
    async listKinds(options) {
      return readIfFound(await connection.get("/v1/kinds", options), KindList);
    },
    async listSteps(options) {
      return readIfFound(await connection.get("/v1/steps", options), ChainStepList);
    },
    async listErrors(options) {
      return readAnswer(await connection.get("/v1/errors", options), ErrorList);
    },
  };
}

type Keys = "createKey" | "listKeys" | "revokeKey" | "rotateKey" | "readAudit";

function keysOf(connection: Connection): Pick<ApiClient, Keys> {
  return {
    async createKey(body, options) {
      return readAnswer(await connection.post("/v1/keys", body, options), NewKey);
    },
    async listKeys(options) {
      return readAnswer(await connection.get("/v1/keys", options), KeyList);
    },
    async revokeKey(id, { withMade = false, ...options } = {}) {
      const path = `/v1/keys/${id}${withMade ? "?made=true" : ""}`;
      return readIfFound(await connection.delete(path, options), RevokedKeys);
    },
    async rotateKey(id, body = {}, options = {}) {
      return readIfFound(await connection.post(`/v1/keys/${id}/rotate`, body, options), NewKey);
    },
    async readAudit(query = {}, options = {}) {
      return readAnswer(await connection.get(`/v1/audit?${queryOf(query)}`, options), AuditPage);
    },
  };
}
