import type { TestContext } from "node:test";
import { z } from "zod";
import { createApi } from "../../../src/adapters/opensearch/api.ts";
import { openClient } from "../../../src/adapters/opensearch/client.ts";
import { createErrorMemory } from "../../../src/adapters/opensearch/memory/error-memory.ts";
import { planMemory } from "../../../src/adapters/opensearch/memory/memory-setup.ts";
import { recordEvents } from "../fakes/recorded-events.ts";
import { groupOf } from "../../../src/domain/group.ts";
import { keepGroups, type Seen } from "../../../src/memory/keep-groups.ts";
import type { OpenSearchFixture } from "./open-search-fixture.ts";

/** The names of the own indices, as the program uses them. */
export const OWN_INDICES = ["groups", "episodes", "notes"].map((name) => `log-vectorizer-${name}`);

/** The own indices are one set for the whole cluster: away with them before and after. */
export async function withoutOwnIndices(
  t: Pick<TestContext, "after">,
  { send }: Pick<OpenSearchFixture, "send">,
): Promise<void> {
  const clean = async () => {
    await send("DELETE", `/${OWN_INDICES.join()}?ignore_unavailable=true`);
  };
  await clean();
  t.after(clean);
}

/** Lets the memory know the errors of these records that have a vector, but for `unseen`, as a daemon does with fresh ones. */
export async function rememberErrors(
  t: Pick<TestContext, "after" | "signal">,
  fixture: OpenSearchFixture,
  { index, unseen }: { index: string; unseen?: string },
): Promise<void> {
  const { memory } = await openRealMemory(t, fixture, { prefix: "log-vectorizer" });
  const seen: Seen[] = [];
  for (const { id, source } of (await fixture.documents(index)).values()) {
    const {
      message: text,
      "@timestamp": at,
      log_vector: vector,
      log_vector_meta: stamp,
    } = recordShape.parse(source);
    const { group, template } = groupOf({ text });
    if (group === unseen) continue;
    seen.push({
      group,
      template,
      service: null,
      exception: null,
      example: { index, id, text },
      first_seen: at,
      last_seen: at,
      vector: { values: Float32Array.from(vector), model: stamp.model },
    });
  }
  const faults = await keepGroups(memory.groups, seen, t.signal);
  if (faults[0]) throw faults[0];
  await fixture.send("POST", "/log-vectorizer-groups/_refresh");
}

const recordShape = z.object({
  message: z.string(),
  "@timestamp": z.string(),
  log_vector: z.array(z.number()),
  log_vector_meta: z.object({ model: z.string() }),
});

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
