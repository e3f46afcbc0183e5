import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { test } from "node:test";
import { loadConfig } from "../../../src/config/config.ts";
import { gatherSources } from "../../../src/config/sources.ts";
import {
  composeModel,
  NO_COMPOSE_LOADER,
  problemOfCompose,
  type ComposeModel,
} from "../../support/commands/compose-file.ts";
import { readDockerfile } from "../../support/servers/docker-image.ts";

// No Docker engine is to be had here: what Compose would do is read from the file by its own loader.
const skip = NO_COMPOSE_LOADER;
const CHECKOUT = resolve(import.meta.dirname, "../../..");
const PROFILES = ["sample", "tail", "worker", "monitoring"];

/** The names of what `docker compose --profile … up` starts. */
function started({ services }: ComposeModel, ...profiles: string[]): string[] {
  return Object.entries(services)
    .filter(
      ([, one]) => one.profiles.length === 0 || one.profiles.some((p) => profiles.includes(p)),
    )
    .map(([name]) => name)
    .toSorted();
}

const text = readFile(resolve(CHECKOUT, "compose.yaml"), "utf8");

test("the file is what the Compose specification knows, and nothing else", { skip }, async (t) => {
  assert.equal(await problemOfCompose(t, (same) => same), undefined);
  const wrong: [string, string][] = [
    ["restart: unless-stopped", "restarts: unless-stopped"],
    ["condition: service_healthy", "condition: service_well"],
    ["profiles: [sample]", "profiles: sample"],
    ["${LOCAL_HTTP_PORT:-9464}:9464", "${LOCAL_HTTP_PORT:-9464}:http"],
  ];
  for (const [right, other] of wrong) {
    assert.ok((await text).includes(right), right);
    assert.ok(await problemOfCompose(t, (all) => all.replace(right, other)), `taken: ${other}`);
  }
});

test(
  "without an .env and a profile it is OpenSearch and the service; Kafka comes with what reads it",
  { skip },
  async (t) => {
    const model = await composeModel(t);
    const always = ["log-vectorizer", "opensearch"];
    assert.deepEqual(started(model), always);
    assert.deepEqual(started(model, "sample"), [...always, "sample"].toSorted());
    assert.deepEqual(started(model, "tail"), [...always, "kafka", "tail"].toSorted());
    assert.deepEqual(started(model, "worker"), [...always, "kafka", "worker"].toSorted());
    const { services } = model;
    const readers = Object.entries(services)
      .filter(([, one]) => one.environment["KAFKA_BOOTSTRAP_SERVERS"] !== undefined)
      .map(([name]) => name);
    assert.deepEqual(readers.toSorted(), ["tail", "worker"]);
  },
);

test(
  "the services that a service waits for are started with it, and can be waited for",
  { skip },
  async (t) => {
    const model = await composeModel(t);
    for (const profile of [undefined, ...PROFILES]) {
      const names = started(model, ...(profile ? [profile] : []));
      for (const name of names) {
        for (const [other, { condition, required }] of Object.entries(
          model.services[name]?.depends_on ?? {},
        )) {
          if (required) assert.ok(names.includes(other), `${name} waits for ${other} in vain`);
          if (condition === "service_healthy") {
            assert.ok(model.services[other]?.healthcheck?.test, `${other} never gets healthy`);
          }
        }
      }
    }
    // The first cycle comes at once and the next one after ten minutes: the samples have to be there before.
    assert.deepEqual(model.services["log-vectorizer"]?.depends_on["sample"], {
      condition: "service_completed_successfully",
      required: false,
    });
  },
);

test(
  "every port is published on this machine alone, and the page where its printed address says",
  { skip },
  async (t) => {
    const moved = "LOCAL_HTTP_PORT=19464\nHTTP_PORT=9000\nHTTP_HOST=127.0.0.1\n";
    for (const [dotEnv, published] of [
      ["", "9464"],
      [moved, "19464"],
    ] as const) {
      const { services } = await composeModel(t, dotEnv);
      const ports = Object.entries(services).flatMap(([name, one]) =>
        one.ports.map((port) => ({ name, ...port })),
      );
      for (const { name, host_ip: address } of ports) assert.equal(address, "127.0.0.1", name);
      const page = ports.find(({ name }) => name === "log-vectorizer");
      assert.ok(page);
      const { environment } = services["log-vectorizer"] ?? {};
      assert.equal(page.published, published);
      assert.equal(environment?.["HTTP_PORT"], String(page.target));
      assert.equal(environment["HTTP_HOST"], "0.0.0.0");
      assert.equal(environment["ALERT_PAGE_URL"], `http://localhost:${published}/`);
    }
  },
);

test(
  "each of its own containers has all settings that it cannot do without, .env or not",
  { skip },
  async (t) => {
    const { env: ofImage } = await readDockerfile();
    const own =
      "HTTP_TOKEN=a-token-with-#-and-$-in-it\nEMBEDDING_PROVIDER=openai\nOPENAI_API_KEY=sk-0123456789\n";
    for (const dotEnv of ["", own]) {
      const { services } = await composeModel(t, dotEnv);
      for (const role of ["log-vectorizer", "tail", "worker"]) {
        const { environment, env_file: files } = services[role] ?? assert.fail(role);
        // Else it would stand above the HTTP_TOKEN that Compose reads raw from .env.
        assert.equal(environment["HTTP_TOKEN"], undefined);
        assert.deepEqual(
          files.map(({ format, required }) => [format, required]),
          [["raw", false]],
        );
        const set = Object.entries(environment).flatMap(([name, value]) =>
          value === null ? [] : [[name, value]],
        );
        const { config, warnings } = loadConfig(
          gatherSources({
            flags: {},
            env: { ...ofImage, ...Object.fromEntries(set) },
            envFile: { path: ".env", text: dotEnv },
          }),
          { needsEmbedder: true, needsKafka: role !== "log-vectorizer", logsToFile: true },
        );
        assert.deepEqual(warnings, [], role);
        assert.equal(config.embedding?.provider, dotEnv === "" ? "local" : "openai");
        assert.equal(
          config.http?.generateToken !== undefined,
          role === "log-vectorizer" && dotEnv === "",
        );
      }
    }
  },
);

test(
  "every mounted file exists, and the state goes where the image has its volume",
  { skip },
  async (t) => {
    const { services, volumes } = await composeModel(t);
    const file = await readDockerfile();
    const [folder] = file.volumes;
    assert.equal(file.env["STATE_DIR"], folder);
    for (const [name, one] of Object.entries(services)) {
      for (const { type, source } of one.volumes) {
        if (type === "volume") assert.ok(source in volumes, `${name}: ${source}`);
        else
          assert.ok(
            existsSync(source.replace(/^.*?(?=\/(?:monitoring|scripts)\/)/, CHECKOUT)),
            source,
          );
      }
    }
    const targets = services["log-vectorizer"]?.volumes.map(({ target }) => target);
    assert.deepEqual(targets, [folder]);
    for (const role of ["tail", "worker"]) {
      assert.deepEqual(new Set(services[role]?.tmpfs), new Set(["/tmp", folder]));
    }
  },
);

test("each container has what it needs and no more", { skip }, async (t) => {
  const { services } = await composeModel(t);
  for (const [name, one] of Object.entries(services)) {
    assert.deepEqual(one.cap_drop, ["ALL"], name);
    // Root of the container gives one file to Grafana's user.
    assert.deepEqual(one.cap_add, name === "first-password" ? ["CHOWN"] : [], name);
    assert.deepEqual(one.security_opt, ["no-new-privileges:true"], name);
    // These two write their own configuration beside their programs.
    assert.equal(one.read_only, !["opensearch", "kafka"].includes(name), name);
    if (name !== "first-password") assert.equal(one.user, undefined, name);
  }
  for (const role of ["log-vectorizer", "tail", "worker"]) {
    assert.equal(services[role]?.mem_limit, "512m", role);
    const core = services[role].ulimits["core"];
    assert.ok(core === 0 || JSON.stringify(core) === '{"single":0}', `${role}: ${String(core)}`);
  }
});

test("nothing in compose.yaml has a password that others know", { skip }, async (t) => {
  const { services } = await composeModel(t);
  for (const [name, { environment }] of Object.entries(services)) {
    for (const [setting, value] of Object.entries(environment)) {
      if (!/password|secret|token/i.test(setting)) continue;
      const isFile = setting.endsWith("__FILE") && value?.startsWith("/run/");
      const isMade = setting === "HTTP_TOKEN_GENERATE";
      assert.ok((value ?? "") === "" || isFile || isMade, `${name}: ${setting}=${value}`);
    }
  }
  const { grafana, "first-password": first } = services;
  const file = grafana?.environment["GF_SECURITY_ADMIN_PASSWORD__FILE"] ?? assert.fail("no file");
  assert.equal(first?.command?.[0], file);
  assert.equal(first.network_mode, "none");
  assert.deepEqual(grafana?.depends_on["first-password"], {
    condition: "service_completed_successfully",
    required: true,
  });
  const given = await composeModel(t, "GRAFANA_PASSWORD=of-my-own");
  assert.equal(given.services["first-password"]?.environment["PASSWORD"], "of-my-own");
});
