import assert from "node:assert/strict";
import { test } from "node:test";
import type { Properties } from "../../../../src/adapters/opensearch/fields.ts";
import { hostFields, versionFields } from "../../../../src/adapters/opensearch/name-fields.ts";

const KEYWORD = { type: "keyword" };
const TEXT = { type: "text", fields: { keyword: { type: "keyword" } } };

const HOSTS: [what: string, properties: Properties, found: string[]][] = [
  ["ECS", { host: { properties: { name: KEYWORD, ip: { type: "ip" } } } }, ["host.name"]],
  ["a keyword", { host: KEYWORD }, ["host"]],
  [
    "a text with an exact sub-field, as a dynamic mapping makes it",
    { host: TEXT },
    ["host.keyword"],
  ],
  ["an address", { host: { type: "ip" } }, ["host"]],
  [
    "several, in their order: the first that a record has counts",
    {
      hostname: KEYWORD,
      host: { properties: { hostname: KEYWORD, name: TEXT } },
      kubernetes: { properties: { node: { properties: { name: KEYWORD } } } },
    },
    ["host.name.keyword", "host.hostname", "hostname", "kubernetes.node.name"],
  ],
  [
    "OpenTelemetry by Data Prepper",
    { resource: { properties: { attributes: { properties: { "host@name": KEYWORD } } } } },
    ["resource.attributes.host@name"],
  ],
  [
    "an alias, once",
    { hostname: KEYWORD, host: { properties: { name: { type: "alias", path: "hostname" } } } },
    ["hostname"],
  ],
  ["none", { message: TEXT }, []],
  ["an object without a name", { host: { properties: { os: KEYWORD } } }, []],
  ["a text alone", { host: { type: "text" } }, []],
  ["a key of a flat object", { host: { type: "flat_object" } }, []],
  ["a field of a nested object", { host: { type: "nested", properties: { name: KEYWORD } } }, []],
  ["a field without doc values", { host: { type: "keyword", doc_values: false } }, []],
  ["a wildcard", { host: { type: "wildcard" } }, []],
  [
    "a constant, which is counted by the name of the index",
    { host: { type: "constant_keyword" } },
    [],
  ],
];
for (const [what, properties, found] of HOSTS) {
  test(`records are counted by the host that an index names: ${what}`, () => {
    assert.deepEqual(hostFields(properties), found);
  });
}

test("a setting names the fields, and then no other is looked at", () => {
  const properties = {
    host: KEYWORD,
    node: TEXT,
    machine: { properties: { id: { type: "long" } } },
  };
  assert.deepEqual(hostFields(properties, ["machine.id", "node.keyword", "gone"]), [
    "machine.id",
    "node.keyword",
  ]);
  assert.deepEqual(versionFields({ version: KEYWORD, build: KEYWORD }, ["build"]), ["build"]);
});

test("a version is that of the service, of its image's label, or of the record, but not that of GELF", () => {
  const labels = { properties: { "app_kubernetes_io/version": KEYWORD } };
  const properties = {
    version: { type: "float" },
    service: { properties: { version: KEYWORD } },
    kubernetes: { properties: { labels } },
  };
  assert.deepEqual(versionFields(properties), [
    "service.version",
    "kubernetes.labels.app_kubernetes_io/version",
    "version",
  ]);
  assert.deepEqual(versionFields({ version: KEYWORD, short_message: TEXT }), []);
  assert.deepEqual(versionFields({ version: KEYWORD, short_message: TEXT }, ["version"]), [
    "version",
  ]);
});
