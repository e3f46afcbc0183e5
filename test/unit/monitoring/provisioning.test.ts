import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { DASHBOARDS } from "../../../scripts/dashboards.ts";
import { MONITORING } from "../../support/servers/prometheus.ts";

const PROVISIONING = join(MONITORING, "grafana/provisioning");
/** Data sources that Grafana has without a plugin. */
const BUILT_IN = new Set(["prometheus"]);

const service = z.looseObject({
  environment: z.record(z.string(), z.string()).default({}),
  command: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  secrets: z.array(z.object({ source: z.string(), target: z.string() })).default([]),
});
const { services } = z
  .object({ services: z.object({ grafana: service, prometheus: service }) })
  .parse(parse(await readFile(join(MONITORING, "../compose.yaml"), "utf8"), { merge: true }));

async function sources() {
  const folder = join(PROVISIONING, "datasources");
  const texts = await Promise.all(
    (await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")),
  );
  const shape = z.object({ datasources: z.array(z.looseObject({ type: z.string() })) });
  return texts.flatMap((text) => shape.parse(parse(text)).datasources);
}

test("each dashboard finds a data source of its kind, and a plugin for it where Grafana has none", async () => {
  const provisioned = (await sources()).map(({ type }) => type);
  for (const [file, { templating }] of Object.entries(DASHBOARDS)) {
    const chosen = templating.list.find(({ type }) => type === "datasource");
    const { query: kind } = z.object({ query: z.string() }).parse(chosen);
    assert.ok(provisioned.includes(kind), `${file}: ${kind}`);
  }
  const plugins = services.grafana.environment["GF_PLUGINS_PREINSTALL"]?.split(",") ?? [];
  const wanted = new Set(provisioned.filter((type) => !BUILT_IN.has(type)));
  assert.deepEqual(plugins, [...wanted]);
});

test("the environment variables of Grafana's data sources are set in the compose file", async () => {
  const names = JSON.stringify(await sources()).matchAll(/\$\{?([A-Z_]+)/g);
  const found = [...names].map(([, name = ""]) => name);
  assert.ok(found.length > 0);
  for (const name of found) assert.ok(services.grafana.environment[name], name);
});

test("Prometheus finds its files in a checkout and in its container, the token of the service among them", async () => {
  const flag = services.prometheus.command.find((one) => one.startsWith("--config.file="));
  const inside = dirname(flag?.replace("--config.file=", "") ?? "");
  const mounted = new Set([
    ...services.prometheus.volumes.map((one) => one.split(":")[1]),
    ...services.prometheus.secrets.map(({ target }) => target),
  ]);
  const config = z
    .object({
      rule_files: z.array(z.string()),
      scrape_configs: z.tuple([
        z.object({ authorization: z.object({ credentials_file: z.string() }) }),
      ]),
    })
    .parse(parse(await readFile(join(MONITORING, "prometheus.yml"), "utf8")));
  const [{ authorization }] = config.scrape_configs;
  const folders = config.rule_files.map((one) => dirname(one));
  for (const path of [authorization.credentials_file, ...folders]) {
    assert.ok(existsSync(join(MONITORING, path)), path);
    assert.ok(mounted.has(join(inside, path)), join(inside, path));
  }
  // Nobody's token: what stands in a checkout is known to all.
  const shipped = await readFile(join(MONITORING, authorization.credentials_file), "utf8");
  assert.match(shipped, /^replace-this/);
});
