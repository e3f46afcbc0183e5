import { startKafka } from "../local-servers/kafka.ts";
import { availableVersions, startOpenSearch } from "../local-servers/opensearch.ts";
import { startProgram } from "./program.ts";

export type BenchServers = AsyncDisposable & {
  openSearch: string;
  broker: string;
  /** Base URL of an embedding API that answers after `delayMs`. */
  embedder: string;
};

const STUB = new URL("../../test/support/stub-embedding-server.ts", import.meta.url).pathname;

/** A real OpenSearch, a real Kafka, and a stub of an embedding API in a process of its own. */
export async function startServers(options: {
  delayMs: number;
  dimensions: number;
  signal: AbortSignal;
}): Promise<BenchServers> {
  const { delayMs, dimensions, signal } = options;
  const stack = new AsyncDisposableStack();
  try {
    const version = (await availableVersions())[0] ?? "2.19.1.0";
    const openSearch = stack.use(await startOpenSearch({ version, signal }));
    const kafka = stack.use(await startKafka({ signal }));
    const args = [STUB, "--delay-ms", String(delayMs), "--dimensions", String(dimensions)];
    const stub = stack.use(startProgram(process.execPath, args, {}));
    const url = await stub.line(/^http:\S+/);
    return {
      openSearch: openSearch.url,
      broker: kafka.broker,
      embedder: `${url}/v1`,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
