import assert from "node:assert/strict";
import { test } from "node:test";
import { loadClientParts } from "../../../../src/adapters/opensearch/client.ts";
import { Fault } from "../../../../src/domain/faults.ts";

/** What is called of each of the client package's private classes. */
const CALLED = {
  Connection: ["request"],
  ConnectionPool: ["addConnection", "empty"],
  Serializer: ["serialize", "deserialize"],
  Transport: ["request"],
} as const;

test("the installed OpenSearch client has the private files that this program loads, with what it calls of them", () => {
  const parts = loadClientParts();
  for (const [name, methods] of Object.entries(CALLED)) {
    const prototype: unknown = Reflect.get(Object(Reflect.get(parts, name)), "prototype");
    for (const method of methods) {
      const found: unknown = Reflect.get(Object(prototype), method);
      assert.equal(
        typeof found,
        "function",
        `@opensearch-project/opensearch was updated and its ${name} has no ${method}(): adapt src/adapters/opensearch/client.ts`,
      );
    }
  }
});

for (const file of [
  "lib/Connection.js",
  "lib/pool/index.js",
  "lib/Serializer.js",
  "lib/Transport.js",
]) {
  for (const [what, load] of [
    [
      "is gone",
      () => {
        throw new Error("Cannot find module");
      },
    ],
    ["exports something else", () => ({})],
  ] as const) {
    test(`a client whose ${file} ${what} is named with its version, and what to do`, () => {
      const others = () => Object.assign(() => undefined, { ConnectionPool: Map });
      assert.throws(
        () => loadClientParts((asked) => (asked === file ? load() : others())),
        (error) => {
          assert.ok(error instanceof Fault && error.kind === "configuration");
          assert.match(
            error.message,
            /@opensearch-project\/opensearch \d+\.\d+\.\d+ does not have /,
          );
          assert.ok(error.message.includes(file));
          assert.match(error.hint ?? "", /npm ci/);
          return true;
        },
      );
    });
  }
}
