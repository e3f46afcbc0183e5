#!/usr/bin/env node
// The whole module, since a name that an old Node lacks would end in a stack trace before the check below.
import nodeModule from "node:module";
import { setFlagsFromString } from "node:v8";

if (Number(process.versions.node.split(".")[0]) < 24) {
  process.stderr.write(`log-vectorizer needs Node 24 or later; this is ${process.version}.\n`);
  process.exit(2);
}
// A reader that has seen enough (`| head`), or a full disk, must not end the daemon.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
// Node takes the signal back from nohup: a closed terminal must not end what it was to outlive.
process.on("SIGHUP", () => undefined);
nodeModule.enableCompileCache();
// Vectors become much short-lived text, for which V8 would take tens of MB more than is in use, to little gain.
setFlagsFromString("--semi-space-growth-factor=1");
// Vectors lie outside V8's heap: where that may grow freely, tens of MB of them wait for the next large collection.
setFlagsFromString("--heap-growing-percent=50");
const { main } = await import("./cli/program.ts");
process.exitCode = await main(process);
// Whatever still holds the process, its work is done.
setTimeout(() => process.exit(), 1000).unref();
