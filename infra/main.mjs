// Where Pulumi begins. It looks for JavaScript; all else is TypeScript, whose types Node strips.
export * from "./src/program.ts";
