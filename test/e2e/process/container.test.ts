import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { z } from "zod";
import { freePorts } from "../../../scripts/local-servers/free-port.ts";
import { VERSION } from "../../../src/app/version.ts";
import {
  composeModel,
  NO_COMPOSE_LOADER,
  type ComposeService,
} from "../../support/commands/compose-file.ts";
import {
  buildImage,
  readDockerfile,
  type BuiltImage,
  type Dockerfile,
} from "../../support/servers/docker-image.ts";
import { eventually } from "../../support/asserts/eventually.ts";
import { newestOpenSearch } from "../../support/servers/open-search-fixture.ts";
import { temporaryFolder } from "../../support/commands/run-command.ts";

type Env = Record<string, string>;
let folder = "";
let file: Dockerfile;
let image: BuiltImage;

/** Runs to its end, as `docker run` would with the image's entry point and this command. */
function run(
  command: readonly string[],
  env: Env,
  entrypoint: readonly string[] = file.entrypoint,
) {
  const [program = "", ...args] = [...entrypoint, ...command];
  return spawnSync(program, args, {
    cwd: image.at("/app"),
    env: { ...image.env, ...env },
    encoding: "utf8",
  });
}

/** Starts what goes on until the end of the test. */
function start(t: TestContext, command: readonly string[], env: Env) {
  const [program = "", ...args] = [...file.entrypoint, ...command];
  const child = spawn(program, args, { cwd: image.at("/app"), env: { ...image.env, ...env } });
  const ended = new Promise((resolve) => child.once("close", resolve));
  let output = "";
  const keep = (text: string) => (output += text);
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  t.after(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return {
    printed: () => output,
    async stop() {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

async function stateFolder(t: TestContext): Promise<Env> {
  return { STATE_DIR: join(await temporaryFolder(t), "state") };
}

// No Docker engine is to be had here: the Dockerfile's steps are carried out in folders, without containers.
describe("the image, built by hand", () => {
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "image-"));
    file = await readDockerfile();
    image = await buildImage(file, folder);
  });
  after(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));

  test("it holds the program, the page's assets and the samples, and nothing that only a build needs", () => {
    const has = (path: string) => existsSync(image.at(`/app/${path}`));
    for (const path of ["dist/main.js", "dist/page/assets/page.css", "LICENSE", "sample-logs"])
      assert.ok(has(path), path);
    for (const path of ["src", "node_modules/typescript", "node_modules/oxlint", ".env"])
      assert.ok(!has(path), path);
  });

  test("it runs as a user who is not root, whose the state directory is", async () => {
    assert.equal(file.user, "node");
    assert.deepEqual(file.volumes, [file.env["STATE_DIR"]]);
    const { mode } = await stat(image.at(file.env["STATE_DIR"] ?? "/nowhere"));
    assert.equal(mode & 0o777, 0o700);
  });

  test("the entry command answers, and without settings says which are missing and ends with 2", async (t) => {
    const state = await stateFolder(t);
    const version = run(["--version"], state);
    assert.deepEqual([version.status, version.stdout.trim()], [0, VERSION], version.stderr);
    for (const command of [file.cmd, ["check"], ["tail"], ["worker"]]) {
      const { status, stderr } = run(command, state);
      assert.equal(status, 2, `${command.join(" ")}: ${stderr}`);
      assert.match(stderr, /EMBEDDING_PROVIDER/);
      if (command[0] === "tail") assert.match(stderr, /KAFKA_BOOTSTRAP_SERVERS/);
    }
    const open = run(file.cmd, {
      ...state,
      EMBEDDING_PROVIDER: "local",
      EMBEDDING_MODEL: "hashing",
      HTTP_HOST: "0.0.0.0",
    });
    assert.equal(open.status, 2);
    assert.match(open.stderr, /HTTP_TOKEN: not set/);
  });

  test("the health check is 1 before the daemon lives and after it, 0 while it does", async (t) => {
    const [port = 0, closed = 0] = await freePorts(2);
    const env = {
      ...(await stateFolder(t)),
      EMBEDDING_PROVIDER: "local",
      EMBEDDING_MODEL: "hashing",
      OPENSEARCH_URL: `http://127.0.0.1:${closed}`,
      HTTP_PORT: String(port),
    };
    const healthy = () => run(file.healthcheck, env, []).status;
    assert.equal(healthy(), 1);
    const daemon = start(t, file.cmd, env);
    await eventually(() => healthy() === 0, t);
    const css = await fetch(`http://127.0.0.1:${port}/assets/page.css`);
    await css.body?.cancel();
    assert.equal(css.status, 200);
    await daemon.stop();
    assert.equal(healthy(), 1);
  });

  test(
    "docker compose --profile sample up ends with sample logs that have vectors, and the page that was printed",
    { skip: NO_COMPOSE_LOADER, timeout: 5 * 60_000 },
    async (t) => {
      const { url, send } = await newestOpenSearch(t);
      const clear = () => send("DELETE", "/sample_logs?ignore_unavailable=true");
      await clear();
      t.after(clear);
      const [port = 0] = await freePorts(1);
      const { services } = await composeModel(t);
      const sample = services["sample"] ?? assert.fail("no service sample");
      const service = services["log-vectorizer"] ?? assert.fail("no service log-vectorizer");
      const words = [...(sample.entrypoint ?? []), ...(sample.command ?? [])];
      const load = () => run(words, { ...settingsOf(sample), OPENSEARCH_URL: url }, []);
      const first = load();
      assert.deepEqual([first.status, first.stderr], [0, ""]);
      assert.match(first.stdout, /62 ERROR/);
      assert.match(load().stdout, /there already; nothing was loaded/);

      const daemon = start(t, service.command ?? file.cmd, {
        ...settingsOf(service),
        ...(await stateFolder(t)),
        // The network's name and the container's port are not here, nor is the cluster its own.
        OPENSEARCH_URL: url,
        OPENSEARCH_INDEX_PATTERN: "sample_*",
        HTTP_PORT: String(port),
      });
      await eventually(() => /Cycle #1 summary: .* vectors 62 /.test(daemon.printed()), t);
      const line = /Page: (\S+) · sign in with (\S+), the generated token/.exec(daemon.printed());
      assert.equal(line?.[1], "http://localhost:9464/");
      const signedIn = await fetch(`http://127.0.0.1:${port}/sign-in`, {
        method: "POST",
        body: new URLSearchParams({ token: line[2] ?? "", next: "/" }),
        redirect: "manual",
      });
      const [cookie = ""] = signedIn.headers.getSetCookie();
      const page = await fetch(`http://127.0.0.1:${port}/?q=out+of+memory`, {
        headers: { cookie: cookie.split(";")[0] ?? "", accept: "text/html" },
      });
      assert.equal(page.status, 200);
      assert.match(await page.text(), /sample_logs/);
      const { count } = z
        .object({ count: z.number() })
        .parse(await send("GET", "/sample_logs/_count?q=_exists_:log_vector"));
      assert.equal(count, 62);
    },
  );
});

function settingsOf({ environment }: ComposeService): Env {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
}
