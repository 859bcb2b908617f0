import { fileURLToPath } from "node:url";

/** The model that ships with the service. */
export const defaultModelDirectory = fileURLToPath(new URL("../models/heard-small", import.meta.url));
