import assert from "node:assert/strict";
import { glob, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { isSettingName } from "../../../src/config/settings.ts";
import { METRICS, PREFIX } from "../../../src/telemetry/metrics/definitions.ts";
import { deadLinksOf } from "../../support/markdown-links.ts";

const CHECKOUT = resolve(import.meta.dirname, "../../..");

const pages: string[] = [];
for await (const file of glob(["*.md", "{docs,examples,monitoring}/**/*.md"], {
  cwd: CHECKOUT,
  exclude: ["**/node_modules/**"],
})) {
  pages.push(file);
}

test("there are pages", () => assert.ok(pages.length > 30, pages.join(", ")));

for (const page of pages) {
  test(`every relative link and anchor of ${page} leads somewhere`, async () => {
    assert.deepEqual(await deadLinksOf(join(CHECKOUT, page)), []);
  });
}

test("every page is in the sidebar of the site, and every decision in their list", async () => {
  const config = await readFile(join(CHECKOUT, "docs/.vitepress/config.ts"), "utf8");
  const listed = new Set(config.matchAll(/^ +"(\/[^"]+)": /gm).map(([, address = ""]) => address));
  const decisions = await readFile(join(CHECKOUT, "docs/adr/README.md"), "utf8");
  for (const page of pages.filter((file) => file !== "README.md")) {
    const address = `/${page.replace(/^docs\//, "").replace(/(?:README)?\.md$/, "")}`;
    const decision = /^docs\/adr\/(\d.*)$/.exec(page)?.[1];
    if (decision === undefined) assert.ok(listed.has(address), page);
    else assert.ok(decisions.includes(`](${decision})`), page);
  }
});

test("the README is short enough to be read", async () => {
  const { size } = await stat(join(CHECKOUT, "README.md"));
  assert.ok(size <= 8192, `${size} bytes`);
});

test("a link to a file or heading that does not exist is found", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "links-"));
  t.after(() => rm(folder, { recursive: true }));
  const page = join(folder, "page.md");
  await writeFile(page, "# One, `two`!\n\n[a](page.md#one-two) [b](#three) [c](gone.md)\n");
  assert.deepEqual(await deadLinksOf(page), [
    "#three: there is no such heading",
    "gone.md: there is no such file",
  ]);
});

/** Fields of log lines and attributes of spans; the last is what the example of a name says of them all. */
const NO_METRIC = /^log_vectorizer(?:\.|_$)/;
const SUFFIXES = /_(?:bucket|sum|count)$/;

test("every metric that the pages name exists", async () => {
  for (const page of pages.filter((file) => file !== "CHANGELOG.md")) {
    const text = await readFile(join(CHECKOUT, page), "utf8");
    for (const [name] of text.matchAll(/\blog_vectorizer_[a-z_]+/g)) {
      const known = Object.keys(METRICS).some((each) =>
        [name, name.replace(SUFFIXES, "")].includes(`${PREFIX}${each}`),
      );
      assert.ok(known || NO_METRIC.test(name), `${page}: ${name}`);
    }
  }
});

/** Names in capitals that belong to others, or to the scripts. */
const OTHERS =
  /^(?:NODE_|LOCAL_SERVERS_|LOG_VECTORIZER_LOGS|PAGE_SCREENSHOTS|PROPERTY_|GRAFANA_|JAVA_HOME|STATE_DIRECTORY|DB_|API_KEY|SHOW_|OLLAMA_|AUTO_TRUNCATE)/;

test("every setting that the pages name exists", async () => {
  for (const page of pages.filter((file) => file !== "CHANGELOG.md")) {
    const text = await readFile(join(CHECKOUT, page), "utf8");
    for (const [, name = ""] of text.matchAll(/`([A-Z]{2,}(?:_[A-Z]+)+)(?:=[^`]*)?`/g)) {
      assert.ok(isSettingName(name) || OTHERS.test(name), `${page}: ${name}`);
    }
  }
});
