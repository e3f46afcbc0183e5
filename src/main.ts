#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { setFlagsFromString } from "node:v8";

if (Number(process.versions.node.split(".")[0]) < 24) {
  process.stderr.write(`log-vectorizer needs Node 24 or later; this is ${process.version}.\n`);
  process.exit(2);
}
// A reader that has seen enough (`| head`) is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : 1);
});
enableCompileCache();
// Vectors become much short-lived text, for which V8 would take 100 MB more than is in use, to little gain.
setFlagsFromString("--semi-space-growth-factor=1");
setFlagsFromString("--heap-growing-percent=50");
const { main } = await import("./cli/program.ts");
process.exitCode = await main(process);
// Whatever still holds the process, its work is done.
setTimeout(() => process.exit(), 1000).unref();
