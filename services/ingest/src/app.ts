import Fastify, { type FastifyServerOptions, LogController } from "fastify";
import { answerError, answerErrors } from "./answer-errors.ts";
import { answerInTurn } from "./answer-in-turn.ts";
import { answerSocketError, refuseExpectations, refuseTunnels } from "./answer-socket-errors.ts";
import type { Api, ApiContext } from "./api-context.ts";
import { compressAnswers } from "./compress.ts";
import { countRequests } from "./count-requests.ts";
import { parseJsonBody } from "./input/parse-json-body.ts";
import { validateRequests } from "./input/validate-requests.ts";
import { auditWrites } from "./keys/audit-writes.ts";
import { requireKey } from "./keys/require-key.ts";
import { letPagesIn } from "./let-pages-in.ts";
import { limitBodyWait } from "./limit-body-wait.ts";
import { lingerAfterRefusal } from "./linger.ts";
import { describeApi } from "./openapi.ts";
import { readTarget } from "./read-target.ts";
import { refuseStrangers } from "./refuse-strangers.ts";
import { refuseUnknown } from "./refuse-unknown.ts";
import { nameRequests, requestIdOf } from "./request-id.ts";
import { requireFraming } from "./require-framing.ts";
import { auditRoute } from "./routes/audit.ts";
import { backfillRoutes } from "./routes/backfills.ts";
import { changeRoutes } from "./routes/changes.ts";
import { correctionRoutes } from "./routes/corrections.ts";
import { createBatchRoute } from "./routes/create-batch.ts";
import { createTrackRoute } from "./routes/create-track.ts";
import { dashboardRoutes } from "./routes/dashboard.ts";
import { deleteTrackRoutes } from "./routes/delete-track.ts";
import { exportSearchRoute } from "./routes/export-search.ts";
import { getAssetRoutes } from "./routes/get-asset.ts";
import { getErrorsRoute } from "./routes/get-errors.ts";
import { getRenderingRoutes } from "./routes/get-rendering.ts";
import { getToolsRoute } from "./routes/get-tools.ts";
import { getTrackRoute } from "./routes/get-track.ts";
import { healthRoutes } from "./routes/health.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { keyRoutes } from "./routes/keys.ts";
import { listKindsRoute } from "./routes/list-kinds.ts";
import { listStepsRoute } from "./routes/list-steps.ts";
import { listTracksRoute } from "./routes/list-tracks.ts";
import { pingRoutes } from "./routes/pings.ts";
import { playlistRoutes } from "./routes/playlists.ts";
import { replayTrackRoute } from "./routes/replay-track.ts";
import { searchRoutes } from "./routes/search.ts";
import { similarTracksRoute } from "./routes/similar-tracks.ts";
import { takedownRoutes } from "./routes/takedowns.ts";
import { trackHistoryRoute } from "./routes/track-history.ts";
import { uploadRoutes } from "./routes/uploads.ts";
import { webhookRoutes } from "./routes/webhooks.ts";

/**
 * How long a connection that waits for nothing stays open, in ms. Longer than Google's load balancers keep theirs (600 s): a request that one sends at the
 * moment in which this side closes is answered by nobody.
 */
const keepAliveMs = 620_000;

/** The API, ready to listen or to be injected with requests. */
export async function createApp(context: ApiContext): Promise<Api> {
  const app: Api = Fastify({
    loggerInstance: context.log as NonNullable<FastifyServerOptions["loggerInstance"]>,
    // Requests are logged where something is worth saying; one line per poll is not.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIdOf,
    rewriteUrl: readTarget,
    // Lines have the request's id from where they are written (see nameRequests), this logger's as well as all others'.
    childLoggerFactory: (logger, _bindings, options) => logger.child({}, options),
    http: {
      // Node would refuse a request without a Host, and say nothing.
      requireHostHeader: false,
      // Header fields come as quickly as bodies have to; Node looks every half minute otherwise.
      headersTimeout: context.config.pace.idleMs,
      // Whole requests are bounded by the pace of their bodies: Node's five minutes would be a limit to the idle time as well.
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(5_000, context.config.pace.idleMs),
    },
    // What comes before any route, and so before hooks and handlers: URLs that can't be decoded, and bytes that are no HTTP.
    frameworkErrors: (error, request, reply) => answerError(error, request, reply),
    clientErrorHandler: (error, socket) => answerSocketError(error, socket, context.log),
    // JSON bodies only; uploads are limited where they stream by.
    bodyLimit: 64 * 1024,
    routerOptions: { maxParamLength: 1_000 },
    keepAliveTimeout: keepAliveMs,
    // Connections that wait for nothing are closed by a drain; requests on others are still served.
    forceCloseConnections: "idle",
    return503OnClosing: false,
  });
  // Answers are built in code that the schemas type; what older versions of a step have stored must not turn into 500.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  refuseExpectations(app.server, context.log);
  refuseTunnels(app.server, context.log);
  answerInTurn(app);
  nameRequests(app);
  requireFraming(app);
  parseJsonBody(app);
  validateRequests(app);
  answerErrors(app);
  refuseStrangers(app, context);
  letPagesIn(app, context);
  refuseUnknown(app);
  requireKey(app, context);
  auditWrites(app, context);
  await compressAnswers(app);
  lingerAfterRefusal(app);
  countRequests(app, context);
  limitBodyWait(app, context.config.pace.idleMs);
  await describeApi(app, context);
  addRoutes(app, context);
  // In scopes of their own: only here are bodies lines, and streams.
  await app.register(async (scope: Api) => createBatchRoute(scope, context));
  await app.register(async (scope: Api) => createTrackRoute(scope, context));
  return app;
}

function addRoutes(app: Api, context: ApiContext): void {
  dashboardRoutes(app, context);
  healthRoutes(app, context);
  getErrorsRoute(app, context);
  listKindsRoute(app, context);
  listStepsRoute(app, context);
  getToolsRoute(app, context);
  getTrackRoute(app, context);
  listTracksRoute(app, context);
  searchRoutes(app, context);
  exportSearchRoute(app, context);
  playlistRoutes(app, context);
  similarTracksRoute(app, context);
  changeRoutes(app, context);
  getAssetRoutes(app, context);
  getRenderingRoutes(app, context);
  trackHistoryRoute(app, context);
  replayTrackRoute(app, context);
  correctionRoutes(app, context);
  deleteTrackRoutes(app, context);
  uploadRoutes(app, context);
  takedownRoutes(app, context);
  jobRoutes(app, context);
  backfillRoutes(app, context);
  pingRoutes(app, context);
  webhookRoutes(app, context);
  keyRoutes(app, context);
  auditRoute(app, context);
}
