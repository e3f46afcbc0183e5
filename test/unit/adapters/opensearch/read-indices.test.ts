import assert from "node:assert/strict";
import { test } from "node:test";
import { versionFields } from "../../../../src/adapters/opensearch/name-fields.ts";
import { readMappings } from "../../../../src/adapters/opensearch/read-indices.ts";
import { createFakeApi } from "./fake-api.ts";
import { WANTED } from "./index-facts.ts";

const { signal } = new AbortController();
/** OpenSearch's limit for the first line of a request. */
const MAX_LINE = 4096;

/** What the request of so many paths is, as a line, and the paths. */
function lineOf({ method, path, query = {} }: ReturnType<typeof createFakeApi>["sent"][number]) {
  const search = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return `${method} ${path}?${search.toString()} HTTP/1.1`;
}

test("mappings are read in one request, and in several where a long pattern leaves no room for all", async () => {
  const properties = { message: { type: "text" }, version: { type: "keyword" } };
  for (const [pattern, requests] of [
    ["*_*", 1],
    [Array.from({ length: 80 }, (_, i) => `application-logs-${i}`).join(), 2],
  ] as const) {
    const { api, sent } = createFakeApi(({ query }) => {
      const paths = String(query?.["filter_path"]).split(",");
      const of = (name: string) => paths.some((path) => path === `*.*.p*.${name}`);
      return {
        app_logs: {
          mappings: {
            properties: {
              ...(of("message") ? { message: properties.message } : {}),
              ...(of("version") ? { version: properties.version } : {}),
            },
          },
        },
      };
    });
    const mappings = await readMappings(api, pattern, WANTED, signal);
    const read = mappings["app_logs"]?.mappings?.properties ?? {};
    assert.deepEqual(read["message"], properties.message);
    assert.deepEqual(versionFields(read), ["version"]);
    assert.equal(sent.length, requests, pattern);
    for (const one of sent)
      assert.ok(lineOf(one).length <= MAX_LINE, `${lineOf(one).length} bytes`);
  }
});
