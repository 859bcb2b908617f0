import { testsNamed } from "./vitest.config.ts";

export default testsNamed("slow.test.ts", []);
