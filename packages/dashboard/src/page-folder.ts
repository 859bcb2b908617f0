/** Where the page lies once it is built: in a checkout beside its source, in a build for production beside the services' code. */
export const pageFolder = new URL("../dist/", import.meta.url);
