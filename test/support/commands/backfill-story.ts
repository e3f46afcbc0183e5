import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { OpenSearchVersion } from "../../../scripts/local-servers/opensearch.ts";
import type { CycleSummary } from "../../../src/domain/summary.ts";
import { openAudit, STUB_MODEL, type Audit } from "../asserts/audit.ts";
import { errorLogs, newestOpenSearch, openFixture } from "../servers/open-search-fixture.ts";
import { DIMENSIONS, type OpenSearchFixture } from "../servers/open-search-fixture.ts";
import { startOpenSearchFaults, type OpenSearchFaults } from "../servers/open-search-faults.ts";
import { printedError, printedSummary } from "../asserts/printed-json.ts";
import {
  runVectorizer,
  startVectorizer,
  temporaryFolder,
  type Ended,
  type RunningCommand,
} from "./run-command.ts";
import {
  startStubEmbeddingServer,
  type StubEmbeddingServer,
} from "../servers/stub-embedding-server.ts";

type Json = Record<string, unknown>;
type Env = Record<string, string | undefined>;

/** Indices with pending logs, an embedder, and faults on demand between the command and either of them. */
export type BackfillStory = {
  logs: OpenSearchFixture;
  stub: StubEmbeddingServer;
  /** What the command takes for OpenSearch. */
  openSearch: OpenSearchFaults;
  /** Full names of the indices, by short name. */
  index(short?: string): string;
  env: Record<string, string>;
  audit: Audit;
  /** One cycle in a process of its own, with the state directory of those before. */
  once(env?: Env): Promise<Ended & { summary: CycleSummary }>;
  /** The same where nothing at all can be done: what it answered. */
  fails(env?: Env): Promise<Ended & { error: PrintedError }>;
  /** Any command, with that state directory. */
  run(args: readonly string[], env?: Env): Promise<Ended>;
  /** `run` with a cycle every other second. */
  daemon(env?: Env): Promise<RunningCommand>;
};

type PrintedError = ReturnType<typeof printedError>;

type Options = {
  /** By short index name. Default: twenty logs in "logs". */
  logs?: Readonly<Record<string, readonly Json[]>>;
  version?: OpenSearchVersion;
  /** Another server than the run's. */
  server?: OpenSearchFixture;
  /** Messages that the embedder refuses. */
  poison?: (message: string) => boolean;
  /** What is embedded for a message. Default: the message. */
  textOf?: (message: string) => string;
  /** Milliseconds that the embedder takes. */
  delayMs?: number;
  env?: Record<string, string>;
};

export async function openBackfillStory(
  t: TestContext,
  {
    logs: sources = { logs: errorLogs(20) },
    version,
    server,
    delayMs = 0,
    ...options
  }: Options = {},
): Promise<BackfillStory> {
  const logs = server ?? (version ? await openFixture(t, version) : await newestOpenSearch(t));
  for (const [short, documents] of Object.entries(sources)) {
    await logs.create(logs.name(short));
    await logs.fill(logs.name(short), documents);
  }
  const stub = await startStubEmbeddingServer({ dimensions: DIMENSIONS, delayMs });
  t.after(() => stub.close());
  const { poison } = options;
  if (poison) stub.setFault({ kind: "refused", quote: true }, { texts: (all) => all.some(poison) });
  const openSearch = await startOpenSearchFaults(t, logs.url);
  const folder = await temporaryFolder(t);
  const { EMBEDDING_PROVIDER: _, EMBEDDING_MODEL: _model, ...rest } = logs.env;
  const env = {
    ...rest,
    OPENSEARCH_URL: openSearch.url,
    OPENAI_BASE_URL: stub.openAiBaseUrl,
    EMBEDDING_MODEL: STUB_MODEL,
    STATE_DIR: `${folder}/state`,
    ...options.env,
  };
  const run = async (args: readonly string[], more: Env = {}) => {
    const ended = await runVectorizer(t, args, { env: { ...env, ...more } });
    assert.doesNotMatch(ended.stderr, /\.ts:\d+:\d+/, "a mistake of ours");
    return ended;
  };
  return {
    logs,
    stub,
    openSearch,
    env,
    index: (short = "logs") => logs.name(short),
    audit: await openAudit(logs, { ...options, stub }),
    async once(more) {
      const ended = await run(["--once", "--json"], more);
      return { ...ended, summary: printedSummary(ended) };
    },
    async fails(more) {
      const ended = await run(["--once", "--json"], more);
      assert.equal(ended.code, 3, ended.stderr);
      return { ...ended, error: printedError(ended) };
    },
    run,
    daemon: (more = {}) =>
      startVectorizer(t, [], { env: { ...env, BACKFILL_SCHEDULE: "*/2 * * * * *", ...more } }),
  };
}
