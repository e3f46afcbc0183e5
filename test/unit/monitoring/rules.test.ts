import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { runCommand } from "../../../src/adapters/process/run-command.ts";
import { isSettingName } from "../../../src/config/settings.ts";
import { problemOf } from "../../support/markdown-links.ts";
import { hastened, MONITORING, NO_PROMETHEUS } from "../../support/servers/prometheus.ts";

const CHECKOUT = join(MONITORING, "..");
const skip = NO_PROMETHEUS;

async function texts(folder: string): Promise<Map<string, string>> {
  const names = await readdir(join(MONITORING, folder));
  const read = names.map(async (name) => {
    const path = join(MONITORING, folder, name);
    return [path, await readFile(path, "utf8")] as const;
  });
  return new Map(await Promise.all(read));
}

const promtool = (...args: string[]) =>
  runCommand({ program: "/usr/bin/promtool", args, timeoutMs: 300_000 });

test(
  "promtool takes prometheus.yml as it stands in a checkout, with every rule file",
  { skip },
  async () => {
    const printed = await promtool("check", "config", join(MONITORING, "prometheus.yml"));
    const files = (await readdir(join(MONITORING, "rules"))).length;
    assert.match(printed, new RegExp(`SUCCESS: ${files} rule files found`));
    assert.doesNotMatch(printed, /FAILED/);
  },
);

test("promtool takes the rules", { skip }, async () => {
  const printed = await promtool("check", "rules", ...(await texts("rules")).keys());
  assert.doesNotMatch(printed, /duplicate/);
});

test("every alert fires and resolves when it should", { skip }, async () => {
  await promtool("test", "rules", ...(await texts("tests")).keys());
});

test("every alert is tried, says what to do, and names settings and pages that exist", async () => {
  const rules = [...(await texts("rules")).values()].join("\n");
  const tests = [...(await texts("tests")).values()].join("\n");
  const alerts = rules.split(/^ +- alert: /m).slice(1);
  assert.ok(alerts.length > 20);
  for (const alert of alerts) {
    const [name = ""] = alert.split("\n");
    assert.match(tests, new RegExp(`alertname: ${name}\\b`), `${name} is not tried`);
    for (const field of ["severity", "summary", "description", "action"]) {
      assert.match(alert, new RegExp(`\\b${field}: `), `${name} has no ${field}`);
    }
    const [, page = ""] = /runbook: (docs\/\S+)/.exec(alert) ?? [];
    assert.equal(await problemOf(page, CHECKOUT), undefined, name);
    for (const [setting] of alert.matchAll(/\b[A-Z]+_[A-Z_]+\b/g)) {
      assert.ok(isSettingName(setting), `${name}: ${setting}`);
    }
  }
});

test("hastened rules have every time a sixtieth as long, and the same names", () => {
  const rule =
    "record: a:b:rate5m\nexpr: rate(a[5m] offset 1h) + min_over_time(b[6h:1m])\nfor: 15m";
  assert.equal(
    hastened(rule),
    "record: a:b:rate5m\nexpr: rate(a[5s] offset 60s) + min_over_time(b[360s:1s])\nfor: 15s",
  );
});
