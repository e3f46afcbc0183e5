import { subscribe } from "node:diagnostics_channel";
import { writeFileSync } from "node:fs";
import { Session, type Profiler } from "node:inspector";
import { fileURLToPath } from "node:url";

/**
 * Loaded before the service: writes to VISITED_FILE the source files of which a function ran between the first request that
 * the process sent and its end, which leaves out reading the settings and opening the parts.
 */
const file = process.env["VISITED_FILE"] ?? "";

const session = new Session();
session.connect();
session.post("Profiler.enable");
session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });

let begun = false;
subscribe("http.client.request.start", () => {
  if (begun) return;
  begun = true;
  // Taking the counts sets them to zero.
  session.post("Profiler.takePreciseCoverage");
});

process.on("exit", () => {
  session.post("Profiler.takePreciseCoverage", (_, { result }) =>
    writeFileSync(file, JSON.stringify(result.filter(ran).map(({ url }) => fileURLToPath(url)))),
  );
});

function ran({ url, functions: [, ...inside] }: Profiler.ScriptCoverage): boolean {
  if (!url.startsWith("file:") || !url.includes("/src/") || url.includes("/node_modules/"))
    return false;
  return inside.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0);
}
