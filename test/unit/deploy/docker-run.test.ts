import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { loadConfig } from "../../../src/config/config.ts";
import { gatherSources } from "../../../src/config/sources.ts";
import { VERSION } from "../../../src/app/version.ts";
import { readDockerfile } from "../../support/servers/docker-image.ts";

const CHECKOUT = resolve(import.meta.dirname, "../../..");
const file = await readDockerfile();
const [guide, dotEnv] = await Promise.all(
  ["docs/guides/containers.md", ".env.example"].map((name) =>
    readFile(join(CHECKOUT, name), "utf8"),
  ),
);

type Line = { text: string; options: Map<string, string[]>; words: string[] };

/** The `docker run` lines of the guide, as their options by name and what stands behind those. */
function dockerRuns(): Line[] {
  const lines = (guide ?? "").replaceAll("\\\n", " ").matchAll(/^docker run (.*)$/gm);
  return [...lines].map(([text, rest = ""]) => {
    const options = new Map<string, string[]>();
    const words = rest.split(/\s+/);
    while (words[0]?.startsWith("--")) {
      const [name = "", value] = (words.shift() ?? "").slice(2).split(/=(.*)/s);
      const given = value ?? (name === "detach" ? "" : (words.shift() ?? ""));
      options.set(name, [...(options.get(name) ?? []), given]);
    }
    return { text, options, words };
  });
}

// No Docker engine is to be had here: what the lines ask of it is read from them.
test("each docker run of the docs reaches an OpenSearch on the host, shows its page and keeps its state", () => {
  const runs = dockerRuns();
  assert.equal(runs.length, 2);
  for (const { text, options, words } of runs) {
    assert.deepEqual(words, [`log-vectorizer:${VERSION}`], text);
    const env = (options.get("env") ?? []).map((pair) => pair.split(/=(.*)/s).slice(0, 2));
    const { config } = loadConfig(
      gatherSources({
        flags: {},
        env: { ...file.env, ...Object.fromEntries(env) },
        envFile: { path: ".env", text: dotEnv ?? "" },
      }),
      { needsEmbedder: true },
    );
    assert.deepEqual(options.get("env-file"), [".env"]);
    assert.deepEqual(options.get("volume"), [`lv-state:${file.volumes[0]}`]);
    const [url] = config.opensearch.urls;
    if (options.get("network")?.[0] === "host") {
      assert.equal(url, "http://localhost:9200");
      assert.equal(config.http?.host, "127.0.0.1");
      continue;
    }
    assert.equal(url, "http://host.docker.internal:9200");
    // Docker Desktop knows the name by itself, Docker on Linux only so.
    assert.deepEqual(options.get("add-host"), ["host.docker.internal:host-gateway"]);
    assert.deepEqual(options.get("publish"), [`127.0.0.1:9464:${config.http?.port}`]);
    assert.equal(config.http?.host, "0.0.0.0");
    assert.ok(config.http.generateToken);
  }
});
