import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { glob, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { parse, parseDocument } from "yaml";
import { z } from "zod";
import { isSettingName } from "../../../src/config/settings.ts";
import { NO_COMPOSE_LOADER } from "../../support/commands/compose-file.ts";
import { NO_KUSTOMIZE, renderFolder } from "./manifests.ts";

const CHECKOUT = resolve(import.meta.dirname, "../../..");
const EXAMPLES = join(CHECKOUT, "examples");
const read = (file: string) => readFile(join(EXAMPLES, file), "utf8");

test("every folder of the examples is in their list, and nothing else", async () => {
  const folders = new Set<string>();
  for await (const file of glob("*/*", { cwd: EXAMPLES })) folders.add(file.split("/")[0] ?? "");
  const listed = (await read("README.md")).matchAll(/^\| \[([\w-]+)\]\(/gm);
  assert.deepEqual(folders, new Set([...listed].map(([, name]) => name)));
});

test("the YAML of the examples is YAML", async () => {
  for await (const file of glob("*/*.yaml", { cwd: EXAMPLES })) {
    const { errors } = parseDocument(await read(file), { logLevel: "silent" });
    assert.deepEqual(errors, [], file);
  }
});

test(
  "the example for Compose is the service of compose.yaml alone",
  { skip: NO_COMPOSE_LOADER },
  () => {
    const { stdout, stderr, status } = spawnSync(
      "compose-go",
      ["--format", "json", "compose.yaml"],
      {
        cwd: join(EXAMPLES, "compose"),
        encoding: "utf8",
      },
    );
    assert.equal(status, 0, stderr);
    const service = z.looseObject({
      image: z.string(),
      environment: z.array(z.string()),
      depends_on: z.unknown().optional(),
      read_only: z.literal(true),
    });
    const { services } = z
      .object({ services: z.strictObject({ "log-vectorizer": service }) })
      .parse(JSON.parse(stdout));
    const { environment, depends_on: waitsFor } = services["log-vectorizer"];
    assert.ok(environment.includes("OPENSEARCH_URL=http://host.docker.internal:9200"));
    assert.ok(environment.includes("HTTP_HOST=0.0.0.0"));
    assert.equal(waitsFor ?? undefined, undefined);
  },
);

test(
  "the example for Kubernetes renders with its image, its settings and the monitor",
  { skip: NO_KUSTOMIZE },
  async () => {
    const manifests = await renderFolder(join(EXAMPLES, "kubernetes"));
    assert.ok(manifests.some(({ kind }) => kind === "PodMonitor"));
    const settings = manifests.find(({ kind }) => kind === "ConfigMap");
    const { data } = z.looseObject({ data: z.record(z.string(), z.string()) }).parse(settings);
    assert.equal(data["MAX_COST_USD_PER_DAY"], "5");
    for (const name of Object.keys(data)) assert.ok(isSettingName(name), name);
    assert.match(JSON.stringify(manifests), /"registry\.example\.com\/team\/log-vectorizer:/);
  },
);

test("the examples with Kafka write where the tail looks", async () => {
  const list = await read("README.md");
  const setting = (name: string) =>
    new RegExp(`^${name}='?([^'\n]*)'?$`, "m").exec(list)?.[1] ?? assert.fail(name);
  assert.equal(setting("TAIL_INDEX"), "app_{@timestamp:yyyy_MM}");
  const logstash = await read("logstash/pipeline.conf");
  assert.match(logstash, /index => "app_%\{\+YYYY_MM\}"/);
  assert.match(logstash, new RegExp(`document_id => "%\\{${setting("TAIL_ID_FIELD")}\\}"`));
  const prepper = await read("data-prepper/pipelines.yaml");
  assert.match(prepper, /index: "app_%\{yyyy_MM\}"/);
  assert.match(prepper, /document_id: "\$\{\/id\}"/);
  for (const file of [logstash, prepper, await read("fluent-bit/fluent-bit.yaml")]) {
    assert.ok(file.includes(setting("KAFKA_TOPIC")));
  }
  assert.ok(parse(prepper));
});

test("the drop-in for systemd only names what the unit's sections may hold, and known settings", async () => {
  const lines = (await read("systemd/override.conf")).split("\n").filter((line) => /=/.test(line));
  for (const line of lines.filter((each) => !each.startsWith("#"))) {
    assert.match(line, /^(?:OnFailure|EnvironmentFile|Environment|MemoryMax)=/);
    const [, name] = /^Environment=([A-Z_]+)=/.exec(line) ?? [];
    if (name !== undefined) assert.ok(isSettingName(name), name);
  }
});
