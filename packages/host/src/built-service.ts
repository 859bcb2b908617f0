// One service of a fleet, from what `npm run build` has made: `node dist/built-service.js NAME [FLEET_URL]`. Compiled code is kept beside it, for
// this process, its threads and its children.
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL("./compiled", import.meta.url));
enableCompileCache(process.env.NODE_COMPILE_CACHE);
process.argv[3] ??= new URL("./segue.config.js", import.meta.url).href;
await import("./service-main.ts");
