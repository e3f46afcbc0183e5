import type { TestContext } from "node:test";
import { freePorts } from "../../../scripts/local-servers/free-port.ts";
import { eventually } from "../asserts/eventually.ts";
import { startOpenSearchFaults } from "./open-search-faults.ts";
import { DIMENSIONS, type OpenSearchFixture } from "./open-search-fixture.ts";
import { startStubEmbeddingServer } from "./stub-embedding-server.ts";

const NEVER = "0 0 1 1 *";

/** Settings of a daemon that answers at a port of its own and runs cycles of ten at its start and when it is asked to. */
export async function httpDaemon(
  t: Pick<TestContext, "after">,
  fixture: Pick<OpenSearchFixture, "env">,
) {
  const stub = await startStubEmbeddingServer({ dimensions: DIMENSIONS });
  t.after(() => stub.close());
  const [port = 0] = await freePorts(1);
  const { EMBEDDING_PROVIDER: _, EMBEDDING_MODEL: _model, ...rest } = fixture.env;
  const env = {
    ...rest,
    OPENAI_BASE_URL: stub.openAiBaseUrl,
    BACKFILL_SCHEDULE: NEVER,
    BACKFILL_BATCH_SIZE: "10",
    HTTP_PORT: String(port),
  };
  return { env, stub, port, url: `http://127.0.0.1:${port}` };
}

/** The same, with an embedder whose requests can be held up. */
export async function httpDaemonToHold(
  t: Pick<TestContext, "after">,
  fixture: Pick<OpenSearchFixture, "env">,
) {
  const { env, stub, port, url } = await httpDaemon(t, fixture);
  const embedder = await startOpenSearchFaults(t, stub.url);
  return { env: { ...env, OPENAI_BASE_URL: `${embedder.url}/v1` }, embedder, port, url };
}

/** What a daemon answers, asked again where it was too busy a moment ago: it may have been held up as a whole. */
export async function ask(
  { signal }: Pick<TestContext, "signal">,
  url: string,
  init?: RequestInit,
): Promise<Response> {
  let response = await fetch(url, init);
  await eventually(
    async () => {
      if (response.status !== 503) return true;
      await response.body?.cancel();
      response = await fetch(url, init);
      return false;
    },
    { signal },
  );
  return response;
}
