import assert from "node:assert/strict";
import { glob, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { imagesIn } from "../../../scripts/pin-images/image-lines.ts";
import { filesWithImages, whyLeft } from "../../../scripts/pin-images/pin-files.ts";
import { placeOf } from "../../../scripts/pin-images/registry.ts";
import { VERSION } from "../../../src/app/version.ts";

const CHECKOUT = resolve(import.meta.dirname, "../../..");
/** 3.2.0, v3.5.0, 24.21.0-bookworm-slim; not 3, 3.2 or latest, which stand for another image tomorrow. */
const WHOLE = /^v?\d+\.\d+\.\d+(?:-[\w.-]+)?$/;
/** Where people and machines are told which images to run. */
const TEXTS = [
  "*.md",
  "docs/**/*.md",
  "monitoring/**/*.{md,yml}",
  "deploy/**/*",
  ".ci/*",
  "scripts/**/*.{ts,mjs}",
];

const files = await filesWithImages(CHECKOUT);
const images = [...files].flatMap(([file, text]) =>
  imagesIn(file, text, VERSION).map((image) => ({ file, ...image })),
);

test("every image has the tag of a whole version, beside its digest where it is pinned", () => {
  assert.ok(images.length >= 10, String(images.length));
  for (const { file, name, tag, digest } of images) {
    // Kustomize replaces it: a test renders each overlay.
    if (name === "log-vectorizer" && file.startsWith("deploy/kubernetes/")) continue;
    assert.match(tag ?? "", WHOLE, `${file}: ${name}`);
    if (whyLeft({ name, tag, digest }) !== undefined)
      assert.equal(tag, VERSION, `${file}: ${name}`);
    if (digest !== undefined) assert.match(digest, /^sha256:[0-9a-f]{64}$/, `${file}: ${name}`);
  }
});

test("the image has the Node that the tests run with", async () => {
  const { devDependencies } = z
    .object({ devDependencies: z.object({ node: z.string() }) })
    .parse(JSON.parse(await readFile(join(CHECKOUT, "package.json"), "utf8")));
  const node = images.filter(({ name }) => name === "node");
  assert.equal(node.length, 2);
  for (const { tag } of node) assert.equal(tag, `${devDependencies.node}-bookworm-slim`);
});

test("no page and no file tells anybody to run the latest image, whatever its version", async () => {
  const found: string[] = [];
  let read = 0;
  for await (const entry of glob([...TEXTS, "Dockerfile", "compose.yaml"], {
    cwd: CHECKOUT,
    withFileTypes: true,
  })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || path.includes("/node_modules/")) continue;
    read += 1;
    const text = await readFile(path, "utf8");
    if (/[\w/]:latest\b|\btag: *"?latest/.test(text)) found.push(path);
    for (const [line] of text.matchAll(/^docker (?:run|build) (?:.*\\\n)*.*$/gm)) {
      // Another program's image has a version of its own.
      const isOurs = line.includes(" log-vectorizer") || line.includes("log-vectorizer:");
      const named = isOurs ? line.includes(`log-vectorizer:${VERSION}`) : /\w:[\w.-]*\d/.test(line);
      if (!named) found.push(`${path}: ${line}`);
    }
  }
  assert.ok(read > 50, String(read));
  assert.deepEqual(found, []);
});

test("a name is looked up where Docker would pull it from", () => {
  const places: [name: string, registry: string, repository: string][] = [
    ["node", "https://registry-1.docker.io/", "library/node"],
    ["grafana/grafana", "https://registry-1.docker.io/", "grafana/grafana"],
    ["ghcr.io/owner/image", "https://ghcr.io/", "owner/image"],
    ["registry.corp:5000/a/b/c", "https://registry.corp:5000/", "a/b/c"],
    ["localhost/image", "http://localhost/", "image"],
    ["127.0.0.1:5000/image", "http://127.0.0.1:5000/", "image"],
  ];
  for (const [name, registry, repository] of places) {
    const place = placeOf(name);
    assert.deepEqual([place.registry.href, place.repository], [registry, repository], name);
  }
  assert.equal(placeOf("node", "https://mirror.corp").registry.host, "mirror.corp");
  assert.equal(placeOf("ghcr.io/a/b", "https://mirror.corp").registry.host, "ghcr.io");
});
