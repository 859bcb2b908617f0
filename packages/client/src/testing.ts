export * from "./scripted-api.ts";
