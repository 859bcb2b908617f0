export { findForeignPage } from "./foreign-pages.ts";
export { findForeignHost, isLoopbackName } from "./known-hosts.ts";
