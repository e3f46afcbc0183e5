import assert from "node:assert/strict";
import { test } from "node:test";
import { maskAddresses } from "../../../src/config/describe.ts";

const ADDRESSES: [text: string, shown: string][] = [
  ["https://a:9200", "https://a:9200"],
  ["https://admin:hunter2@a:9200/x", "https://admin:***@a:9200/x"],
  ["https://hunter2@a", "https://***@a"],
  ["https://u:hunter2@a,https://v:hunter2@b", "https://u:***@a,https://v:***@b"],
  ["https://u:hun,ter2@a", "https://u:***@a"],
  ["https://u:hun/ter@2#x@a:1", "https://u:***@a:1"],
  ["htp://u:hunter2@a", "htp://u:***@a"],
  ["u:hunter2@a", "u:***@a"],
  ["https://a/?key=hunter2", "https://a/?***"],
  ["https://a/#hunter2", "https://a/#***"],
];

for (const [text, shown] of ADDRESSES) {
  test(`${text} is shown as ${shown}`, () => assert.equal(maskAddresses(text), shown));
}
