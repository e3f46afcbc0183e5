import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { startKafka } from "../local-servers/kafka.ts";
import { availableVersions, startOpenSearch } from "../local-servers/opensearch.ts";
import { startProgram } from "./program.ts";

/** How much is measured: in under a minute, in some minutes, or with a million documents. */
export type Size = "quick" | "normal" | "full";

/** What the measurements share: servers that are started when one asks for them first. */
export type Bench = {
  size: Size;
  signal: AbortSignal;
  /** Says what is being done. */
  say(line: string): void;
  /** Gone afterwards. */
  folder: string;
  /** The URL of a real OpenSearch. */
  openSearch(): Promise<string>;
  /** host:port of a real Kafka. */
  broker(): Promise<string>;
  /** Base URL of an embedding API in a process of its own that answers after so long. */
  embedder(delayMs: number): Promise<string>;
};

/** What a measurement came to: all its figures, and those of them that a reader wants first. */
export type Measured = { figures: Record<string, unknown>; rows: Row[] };

export type Row = {
  what: string;
  value: string;
  /** What it is to be compared with, measured in the same run. */
  reference?: string;
  /** Value to reference. */
  ratio?: number;
};

/** The service as it is installed. */
export const MAIN = resolve(import.meta.dirname, "../../dist/main.js");
export const DIMENSIONS = 1536;
export const MODEL = "text-embedding-3-large";

const STUB = resolve(import.meta.dirname, "../../test/support/servers/stub-embedding-server.ts");

export async function openBench(
  stack: AsyncDisposableStack,
  { size, signal, say }: Pick<Bench, "size" | "signal" | "say">,
): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const parts = new Map<string, Promise<string>>();
  const once = (name: string, start: () => Promise<string>) => {
    const started = parts.get(name) ?? start();
    parts.set(name, started);
    return started;
  };
  return {
    size,
    signal,
    say,
    folder,
    openSearch: () =>
      once("opensearch", async () => {
        const version = (await availableVersions())[0] ?? "2.19.1.0";
        say(`Starting OpenSearch ${version}`);
        return stack.use(await startOpenSearch({ version, signal })).url;
      }),
    broker: () =>
      once("kafka", async () => {
        say("Starting Kafka");
        return stack.use(await startKafka({ signal })).broker;
      }),
    embedder: (delayMs) =>
      once(`embedder ${delayMs}`, async () => {
        const args = [STUB, "--delay-ms", String(delayMs), "--dimensions", String(DIMENSIONS)];
        const stub = stack.use(startProgram(process.execPath, args, {}));
        return `${await stub.line(/^http:\S+/)}/v1`;
      }),
  };
}
