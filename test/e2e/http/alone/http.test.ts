import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test, type TestContext } from "node:test";
import { eventually } from "../../../support/asserts/eventually.ts";
import { errorLogs, newestOpenSearch } from "../../../support/servers/open-search-fixture.ts";
import { ask, httpDaemonToHold } from "../../../support/servers/http-daemon.ts";
import { printedJson } from "../../../support/asserts/printed-json.ts";
import { runVectorizer, startVectorizer } from "../../../support/commands/run-command.ts";
import { z } from "zod";

/** Forty logs, an embedder that can be held up, and a port for HTTP. */
async function setUp(t: TestContext) {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("logs");
  await fixture.create(index);
  await fixture.fill(index, errorLogs(40));
  const { url: base, ...daemon } = await httpDaemonToHold(t, fixture);
  return { ...daemon, base };
}

const statusOf = async (url: string, init?: RequestInit) => {
  const response = await fetch(url, init).catch(() => undefined);
  await response?.body?.cancel();
  return response?.status;
};

test("the status by HTTP is the one that the command prints, and a cycle is started but not two", async (t) => {
  const { env, embedder, base } = await setUp(t);
  const daemon = await startVectorizer(t, [], { env: { ...env, LOG_FORMAT: "json" } });
  await daemon.says(/"event.action":"cycle-ended"/);

  const embedding = embedder.hold(/^POST /);
  const cycle = { method: "POST", headers: { "x-request-id": "by-hand-1" } };
  // The first one has something to keep before it has ended.
  await eventually(async () => (await statusOf(`${base}/api/v1/cycle`, cycle)) === 202, t);
  await embedding.arrived;
  const second = await ask(t, `${base}/api/v1/cycle`, { method: "POST" });
  const byHttp: unknown = await (await ask(t, `${base}/api/v1/status`)).json();
  const printed = await runVectorizer(t, ["status", "--json"], { env, folder: daemon.folder });
  embedding.release();
  await daemon.says(/Cycle #2 summary/);

  // What the daemon leaves of itself may have come in between.
  const counted = z
    .looseObject({ daemon: z.unknown() })
    .transform(({ daemon: __, ...rest }) => rest);
  assert.deepEqual(counted.parse(byHttp), printedJson(printed, counted));
  assert.equal(second.status, 409, await second.text());
  const ofRequest = daemon
    .printed()
    .split("\n")
    .filter((line) => line.includes('"http.request.id":"by-hand-1"'));
  assert.ok(
    ofRequest.some((line) => line.includes("Cycle #2 summary")),
    "the cycle's lines name the request",
  );
  const overviewNow = async (): Promise<unknown> =>
    (await ask(t, `${base}/api/v1/overview`)).json();
  // What it says of the store may be from before the cycle's end, for two seconds.
  const counts = z.object({ coverage: z.object({ total: z.object({ vectorized: z.number() }) }) });
  await eventually(
    async () => counts.parse(await overviewNow()).coverage.total.vectorized === 20,
    t,
  );
  const overview = await overviewNow();
  assert.partialDeepStrictEqual(overview, {
    role: "daemon",
    state: { word: "waiting", reason: "20 records wait for the next cycle" },
    coverage: { total: { vectorized: 20, pending: 20 } },
    cycles: {
      past: [
        { cycle: 1, vectors: 10 },
        { cycle: 2, vectors: 10 },
      ],
      here: true,
    },
  });
  daemon.kill("SIGTERM");
  assert.equal((await daemon.ended).code, 0);

  const again = await startVectorizer(t, [], { env, folder: daemon.folder });
  await again.says(/Cycle #1 summary/);
  const later = z.object({ cycles: z.object({ past: z.array(z.unknown()) }) });
  const { cycles } = later.parse(await overviewNow());
  assert.equal(cycles.past.length, 3, "the history outlives the process");
  again.kill("SIGTERM");
  assert.equal((await again.ended).code, 0);
});

test("a stop comes to its end in time, whatever hangs on to the port", async (t) => {
  const { env, base, port } = await setUp(t);
  const daemon = await startVectorizer(t, [], { env });
  await daemon.says(/Cycle #1 summary/);
  const silent = connect(port, "127.0.0.1");
  const slow = connect(port, "127.0.0.1");
  for (const socket of [silent, slow]) {
    socket.on("error", () => undefined);
    await once(socket, "connect");
  }
  slow.write(
    "POST /api/v1/embedding/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{",
  );
  assert.equal(await statusOf(`${base}/health`), 200);

  daemon.kill("SIGTERM");
  const ended = await daemon.ended;

  assert.equal(ended.code, 0, ended.stdout);
  // Whom the end of the time for a stop cuts off has no time to say so.
  assert.match(ended.stdout, /Stopped/);
});

test("a port that is taken: the daemon does not start and says why, the tail goes on without", async (t) => {
  const { env, port } = await setUp(t);
  const first = await startVectorizer(t, [], { env });
  await first.says(/log-vectorizer \S+ started/);

  const second = await runVectorizer(t, [], { env });
  assert.equal(second.code, 2, second.stdout);
  assert.match(
    second.stderr,
    new RegExp(
      `HTTP_PORT: ${port} at 127\\.0\\.0\\.1 is taken by another process; set another, or 0`,
    ),
  );
  assert.doesNotMatch(second.stderr, /\.ts:\d+/);

  const tail = await startVectorizer(t, ["tail"], {
    env: { ...env, KAFKA_BOOTSTRAP_SERVERS: "127.0.0.1:1" },
  });
  await tail.says(/WARN +Continuing without HTTP: HTTP_PORT \d+ at 127\.0\.0\.1 is taken/);
  await tail.says(/Tail started/);
  for (const command of [tail, first]) {
    command.kill("SIGTERM");
    assert.equal((await command.ended).code, 0);
  }
});

test("a command that ends by itself neither listens nor loads what listens", async (t) => {
  const { env, base } = await setUp(t);
  const hook =
    "import{registerHooks}from'node:module';registerHooks({resolve(name,context,next){" +
    "if(/fastify|helmet|prom-client/.test(name))throw new Error('it is loaded: '+name);return next(name,context)}})";
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hook)}`;
  for (const args of [["--once"], ["status"], ["--drain"]]) {
    const ended = await runVectorizer(t, args, { env: { ...env, NODE_OPTIONS } });
    assert.equal(ended.code, 0, ended.stderr);
  }
  const daemon = await runVectorizer(t, [], { env: { ...env, NODE_OPTIONS } });
  assert.match(daemon.stderr, /it is loaded/, "the check finds nothing");
  assert.equal(await statusOf(`${base}/health`), undefined);
});
