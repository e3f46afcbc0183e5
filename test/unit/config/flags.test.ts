import assert from "node:assert/strict";
import { test } from "node:test";
import { Option } from "commander";
import { flagAttribute, flagTexts, settingFlag } from "../../../src/config/settings.ts";
import { SETTING_NAMES } from "../../../src/config/settings.ts";

test("a flag is named after its setting", () => {
  assert.equal(settingFlag("OPENSEARCH_HOST"), "--opensearch-host <host>");
  assert.equal(settingFlag("BACKFILL_SCHEDULE"), "--backfill-schedule <cron line>");
});

test("a secret is no flag, since ps would show it", () => {
  assert.equal(settingFlag("OPENSEARCH_PASSWORD"), undefined);
  assert.equal(settingFlag("OPENAI_API_KEY"), undefined);
  assert.deepEqual(flagTexts({ opensearchPassword: "x", openaiApiKey: "y" }), {});
});

test("commander keeps each flag's value where it is looked for", () => {
  for (const name of SETTING_NAMES) {
    const flag = settingFlag(name);
    if (flag === undefined) continue;
    const option = new Option(flag);
    assert.equal(option.attributeName(), flagAttribute(name));
    assert.ok(option.required || option.optional, `${flag} takes a value`);
  }
});

test("a flag whose value may be left out means yes", () => {
  assert.deepEqual(flagTexts({ fullSpeed: true }), { FULL_SPEED: "true" });
  assert.deepEqual(flagTexts({ fullSpeed: "false" }), { FULL_SPEED: "false" });
});

test("only settings are taken from commander's options", () => {
  const options = { opensearchHost: "h", logFile: "", once: true, json: "x", mapping: undefined };
  assert.deepEqual(flagTexts(options), { OPENSEARCH_HOST: "h", LOG_FILE: "" });
});
