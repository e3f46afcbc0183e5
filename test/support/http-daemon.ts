import type { TestContext } from "node:test";
import { freePorts } from "../../scripts/local-servers/free-port.ts";
import { DIMENSIONS, type OpenSearchFixture } from "./open-search-fixture.ts";
import { startStubEmbeddingServer } from "./stub-embedding-server.ts";

const NEVER = "0 0 1 1 *";

/** Settings of a daemon that answers at a port of its own and runs cycles of ten at its start and when it is asked to. */
export async function httpDaemon(
  t: Pick<TestContext, "after">,
  fixture: Pick<OpenSearchFixture, "env">,
  delayMs: number,
) {
  const stub = await startStubEmbeddingServer({ dimensions: DIMENSIONS, delayMs });
  t.after(() => stub.close());
  const [port = 0] = await freePorts(1);
  const { EMBEDDING_PROVIDER: _, ...rest } = fixture.env;
  const env = {
    ...rest,
    OPENAI_BASE_URL: stub.openAiBaseUrl,
    BACKFILL_SCHEDULE: NEVER,
    BACKFILL_BATCH_SIZE: "10",
    HTTP_PORT: String(port),
  };
  return { env, stub, port, url: `http://127.0.0.1:${port}` };
}
