import assert from "node:assert/strict";
import { test } from "node:test";
import { groupOf, SETTING_NAMES, SETTINGS } from "../../../src/config/settings.ts";

test("every default is a value that its setting takes", () => {
  for (const name of SETTING_NAMES) {
    const { default: text, kind } = SETTINGS[name];
    if (text === undefined) continue;
    assert.equal(kind.schema.safeParse(text).success, true, `${name}=${text}`);
  }
});

test("no setting takes an empty value, or one of several lines", () => {
  for (const name of SETTING_NAMES) {
    const { schema } = SETTINGS[name].kind;
    assert.equal(schema.safeParse("").success, false, name);
    assert.equal(schema.safeParse("a\nb").success, false, name);
  }
});

test("the settings of a group stand together", () => {
  const groups = SETTING_NAMES.map(groupOf);
  const runs = groups.filter((group, at) => group !== groups[at - 1]);
  assert.deepEqual(runs, [...new Set(groups)]);
});

test("every setting is described in one sentence with a placeholder", () => {
  for (const name of SETTING_NAMES) {
    assert.match(SETTINGS[name].description, /^[^\n]+\.$/, name);
    assert.match(SETTINGS[name].kind.placeholder, /^<[^<>]+>$|^\[true\|false\]$/, name);
  }
});
