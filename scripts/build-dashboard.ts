// Builds the page that ingest serves at `/`, for a fleet that is started by other means than `npm start`. `npm run dashboard`.
import { buildPage } from "../packages/dashboard/build/build-page.ts";

await buildPage();
