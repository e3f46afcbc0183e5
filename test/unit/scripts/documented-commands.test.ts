import assert from "node:assert/strict";
import { access, glob, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { z } from "zod";

const CHECKOUT = resolve(import.meta.dirname, "../../..");
const read = (file: string) => readFile(join(CHECKOUT, file), "utf8");

const manifest = z
  .object({
    scripts: z.record(z.string(), z.string()),
    devDependencies: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(await read("package.json")));
const { scripts } = manifest;

/** What may be typed: the code blocks of a text in Markdown, and what stands in backquotes. */
function codeIn(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^ *```[^\n]*\n([^]*?)^ *```/gm)].map(([, code]) => code);
  const rest = markdown.replaceAll(/^ *```[^]*?^ *```/gm, "");
  const inline = [...rest.matchAll(/`([^`]+)`/g)].map(([, code]) => code);
  return [...blocks, ...inline].map((code = "") => code.replaceAll(/\s*\n\s*/g, "\n"));
}

async function documents(): Promise<[file: string, text: string][]> {
  const files: string[] = [];
  for await (const file of glob(["*.md", "{docs,examples,monitoring,deploy,systemd}/**/*.md"], {
    cwd: CHECKOUT,
  })) {
    files.push(file);
  }
  return Promise.all(files.map(async (file) => [file, await read(file)]));
}

test("commands are found in the documents", async () => {
  const files = await documents();
  assert.ok(files.filter(([, text]) => codeIn(text).length > 0).length > 30);
});

/** Node 20 cannot read TypeScript, and has not the test runner that the tests need. */
const BY_NODE_ITSELF = /\bnode +(?:--test\b|(?:-\S+ +)*\S+\.ts\b)[^\n`]*/g;

test("nothing tells people to run TypeScript by whatever node they have: npm runs it by Node 24", async () => {
  const told: string[] = [];
  for (const [file, text] of await documents()) {
    for (const [command] of text.replaceAll("\n", " ").matchAll(BY_NODE_ITSELF)) {
      told.push(`${file}: ${command.slice(0, 80)}`);
    }
  }
  // What scripts print to be typed.
  for await (const file of glob("scripts/**/*.{ts,mjs}", { cwd: CHECKOUT })) {
    const text = await read(file);
    const printed = text.replaceAll(/^ *(?:\/\/|\/?\*).*$/gm, "");
    for (const [command] of printed.matchAll(BY_NODE_ITSELF)) told.push(`${file}: ${command}`);
  }
  assert.deepEqual(told, []);
});

test("every npm script that the documents name is there", async () => {
  const named = new Set<string>();
  for (const [, text] of await documents()) {
    for (const code of codeIn(text)) {
      for (const [, name = ""] of code.matchAll(/\bnpm (?:-\S+ )*run (?:-\S+ )*([\w:-]+)/g)) {
        named.add(name);
      }
      for (const [, name = ""] of code.matchAll(/\bnpm (?:-\S+ )*(test|start)\b/g)) named.add(name);
    }
  }
  assert.ok(named.size > 8, [...named].join(", "));
  assert.deepEqual(
    [...named].filter((name) => scripts[name] === undefined),
    [],
  );
});

test("every test file that the documents name is there", async () => {
  for (const [file, text] of await documents()) {
    for (const [named] of text.matchAll(/\btest\/[\w/-]+\.test\.ts\b/g)) {
      await assert.doesNotReject(access(join(CHECKOUT, named)), `${file}: ${named}`);
    }
  }
});

const CHECKED_FIRST = "node scripts/need-node-24.mjs && ";

for (const [name, command] of Object.entries(scripts)) {
  if (/^(?:pre|post)/.test(name)) continue;
  test(`npm run ${name} works in a fresh clone and under an older Node`, () => {
    // It looks at what it needs before it installs anything.
    if (command === "node scripts/start-quickstart.mjs") return;
    assert.equal(scripts[`pre${name}`], "node scripts/install.mjs", "it installs what is missing");
    if (!/node .*\S+\.ts\b/.test(command)) return;
    // A signal to npm reaches the daemon only where no shell stands between them.
    const first = name === "start" ? "node --import ./scripts/need-node-24.mjs " : CHECKED_FIRST;
    assert.ok(command.startsWith(first), "it says which Node it needs");
  });
}

test("version managers and editors are told the same as npm", async () => {
  assert.equal((await read(".nvmrc")).trim(), manifest.devDependencies["node"]?.split(".")[0]);
  const editor = z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(await read(".vscode/settings.json")));
  const { recommendations } = z
    .object({ recommendations: z.array(z.string()) })
    .parse(JSON.parse(await read(".vscode/extensions.json")));
  assert.ok(recommendations.includes(String(editor["editor.defaultFormatter"])));
  const { printWidth } = z
    .object({ printWidth: z.number() })
    .parse(JSON.parse(await read(".oxfmtrc.json")));
  assert.match(await read(".editorconfig"), new RegExp(`^max_line_length = ${printWidth}$`, "m"));
});

test("the crontab line of the guide is quiet and keeps its state where it says", async () => {
  const text = await read("docs/guides/running.md");
  const [, crontab = ""] = /```crontab\n([^]*?)```/.exec(text) ?? [];
  assert.match(crontab, /^PATH=/m);
  assert.match(crontab, /^\S+ \* \* \* \* log-vectorizer --once --quiet .*--state-dir \/\S+$/m);
});
