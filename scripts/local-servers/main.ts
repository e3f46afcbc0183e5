import { parseArgs } from "node:util";

import { startKafka } from "./kafka.ts";
import { OPENSEARCH_VERSIONS, startOpenSearch } from "./opensearch.ts";
import type { OpenSearchVersion } from "./opensearch.ts";

const USAGE = `Usage: npm run local-server -- opensearch [--version VERSION] [--port N]
       npm run local-server -- kafka [--port N]

Runs a real server in the foreground until Ctrl-C, its data in a temporary folder.
VERSION is one of ${OPENSEARCH_VERSIONS.join(", ")} (default: the first).`;

type Choice = { server: "opensearch" | "kafka"; version: OpenSearchVersion; port?: number };

/** What the command line asks for, or undefined where it makes no sense. */
export function readChoice(args: string[]): Choice | undefined {
  const options = { version: { type: "string" }, port: { type: "string" } } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const [server, ...rest] = positionals;
  const wanted = values.version ?? OPENSEARCH_VERSIONS[0];
  const version = OPENSEARCH_VERSIONS.find(
    (known) => known === wanted || known.startsWith(`${wanted}.`),
  );
  const port = values.port === undefined ? undefined : Number(values.port);
  if ((server !== "opensearch" && server !== "kafka") || rest.length > 0 || !version) return;
  if (port === undefined) return { server, version };
  return Number.isInteger(port) && port > 0 && port < 65_536
    ? { server, version, port }
    : undefined;
}

async function main(): Promise<number> {
  let choice: Choice | undefined;
  try {
    choice = readChoice(process.argv.slice(2));
  } catch {
    choice = undefined;
  }
  if (!choice) {
    console.error(USAGE);
    return 2;
  }
  const stop = new AbortController();
  const stopped = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      stop.abort();
      stopped.resolve();
    });
  }
  try {
    await serve(choice, stop.signal, stopped.promise);
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return 0;
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

async function serve(choice: Choice, signal: AbortSignal, stopped: Promise<void>): Promise<void> {
  console.error(`starting ${choice.server} (the first time fetches it)…`);
  if (choice.server === "kafka") {
    await using kafka = await startKafka({ ...choice, signal });
    console.log(kafka.broker);
    await stopped;
    return;
  }
  await using node = await startOpenSearch({ ...choice, signal });
  console.log(node.url);
  await stopped;
}

if (import.meta.main) process.exitCode = await main();
