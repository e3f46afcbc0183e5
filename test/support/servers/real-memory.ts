import type { TestContext } from "node:test";
import { z } from "zod";
import { createApi } from "../../../src/adapters/opensearch/api.ts";
import { openClient } from "../../../src/adapters/opensearch/client.ts";
import { createErrorMemory } from "../../../src/adapters/opensearch/memory/error-memory.ts";
import { planMemory } from "../../../src/adapters/opensearch/memory/memory-setup.ts";
import { recordEvents } from "../fakes/recorded-events.ts";
import type { OpenSearchFixture } from "./open-search-fixture.ts";

/** The memory of errors on a real OpenSearch, in indices of this fixture's names, which `init` makes, or of `prefix`. */
export async function openRealMemory(
  t: Pick<TestContext, "after" | "signal">,
  { url, name }: Pick<OpenSearchFixture, "url" | "name">,
  { prefix = name("own") }: { prefix?: string } = {},
) {
  const connection = { urls: [url], tls: { verify: true }, timeoutMs: 30_000 };
  const client = await openClient(connection);
  t.after(() => client.close());
  const { events, told } = recordEvents();
  const api = createApi(client, connection, events);
  return {
    memory: createErrorMemory(api, { prefix }),
    told,
    index: (short: "groups" | "episodes" | "notes") => `${prefix}-${short}`,
    /** What `init --memory` plans, done; returns its descriptions, and what it says beside. */
    async init() {
      const puts: { description: string; path: string; body: Record<string, unknown> }[] = [];
      const plan = { notes: [] as string[], warnings: [] as string[] };
      const put = (
        { description }: { description: string },
        path: string,
        body: Record<string, unknown>,
      ) => void puts.push({ description, path, body });
      await planMemory(api, { ...plan, put }, t.signal, prefix);
      for (const { path, body } of puts) {
        await api.send({ method: "PUT", path, body }, z.unknown(), t.signal);
      }
      return { ...plan, steps: puts.map(({ description }) => description) };
    },
  };
}
