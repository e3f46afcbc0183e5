import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test, type TestContext } from "node:test";
import { filesWithImages, pinFiles, whyLeft } from "../../../../scripts/pin-images/pin-files.ts";
import { imagesIn } from "../../../../scripts/pin-images/image-lines.ts";
import { VERSION } from "../../../../src/app/version.ts";
import { startImageRegistry } from "../../../support/servers/image-registry.ts";
import { temporaryFolder } from "../../../support/commands/run-command.ts";

const CHECKOUT = resolve(import.meta.dirname, "../../../..");
const DIGEST = /sha256:[0-9a-f]{64}/g;

/** A copy of the checkout's files that name images, with a registry that has all of those on Docker Hub. */
async function release(t: TestContext) {
  const registry = await startImageRegistry(t);
  const folder = await temporaryFolder(t);
  for (const name of ["Dockerfile", "compose.yaml", "deploy"]) {
    await cp(join(CHECKOUT, name), join(folder, name), { recursive: true });
  }
  const files = await filesWithImages(folder);
  const wanted = new Map<string, string>();
  for (const [file, text] of files) {
    for (const image of imagesIn(file, text, VERSION)) {
      if (whyLeft(image) !== undefined) continue;
      const key = `${image.name}:${image.tag}`;
      wanted.set(key, registry.push(image.name.includes("/") ? key : `library/${key}`));
    }
  }
  const pin = () => pinFiles(folder, { appVersion: VERSION, hub: registry.url });
  return { registry, folder, files, wanted, pin };
}

test("at a release every image gets the digest that its registry has, with the tag as a comment", async (t) => {
  const { folder, wanted, pin, registry } = await release(t);
  assert.ok(wanted.size >= 5, [...wanted.keys()].join(", "));
  const { digests, failed, changed } = await pin();
  assert.deepEqual([...failed], []);
  assert.deepEqual(digests, wanted);
  assert.deepEqual(changed, ["Dockerfile", "compose.yaml"]);
  assert.ok(registry.asked.includes("/token"));
  const text = await readFile(join(folder, "Dockerfile"), "utf8");
  const node = [...wanted.keys()].find((key) => key.startsWith("node:")) ?? "";
  const from = `# ${node}\nFROM node@${wanted.get(node)}`;
  assert.equal(text.split(from).length, 3, text);
  const compose = await readFile(join(folder, "compose.yaml"), "utf8");
  for (const [key, digest] of wanted) {
    const [name, tag] = key.split(":");
    if (key !== node) assert.ok(compose.includes(`    image: ${name}@${digest} # ${tag}\n`), key);
  }
  for (const [file, now] of await filesWithImages(folder)) {
    for (const image of imagesIn(file, now, VERSION)) {
      if (whyLeft(image) === undefined)
        assert.ok(image.tag && image.digest, `${file}: ${image.name}`);
    }
  }
});

test("pinned once more nothing changes, until a tag stands for another image", async (t) => {
  const { folder, wanted, pin, registry } = await release(t);
  await pin();
  assert.deepEqual((await pin()).changed, []);
  const key = [...wanted.keys()].find((one) => one.startsWith("prom/")) ?? "";
  const rebuilt = registry.push(key, "built again");
  const { changed } = await pin();
  assert.deepEqual(changed, ["compose.yaml"]);
  const compose = await readFile(join(folder, "compose.yaml"), "utf8");
  assert.ok(compose.includes(rebuilt) && !compose.includes(wanted.get(key) ?? "none"));
});

test("an image that cannot be looked up keeps its tag, is named, and gets no invented digest", async (t) => {
  const { folder, files, pin, registry, wanted } = await release(t);
  const html = "<html>sign in to this network</html>";
  const answers: [typeof registry.answer, RegExp][] = [
    [(_, response) => response.writeHead(404).end("{}"), /no such image or tag/],
    [(_, response) => response.writeHead(429).end(), /try again later/],
    [(_, response) => response.writeHead(503).end(), /answered 503/],
    [(_, response) => response.writeHead(403).end(), /wants a sign-in/],
    [
      (_, response) => response.writeHead(200, { "content-type": "text/html" }).end(html),
      /no manifest/,
    ],
    [
      (_, response) => response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end(),
      /wants a sign-in/,
    ],
    [
      (_, response) =>
        response
          .writeHead(200, {
            "content-type": "application/vnd.oci.image.index.v1+json",
            "docker-content-digest": `sha256:${"0".repeat(64)}`,
          })
          .end('{"schemaVersion":2,"manifests":[]}'),
      /says that the digest is/,
    ],
    [(request) => request.socket.destroy(), /cannot be reached/],
  ];
  for (const [answer, why] of answers) {
    registry.answer = answer;
    const { failed, changed, digests } = await pin();
    assert.deepEqual([changed, digests.size], [[], 0]);
    assert.deepEqual(new Set(failed.keys()), new Set(wanted.keys()));
    for (const [image, said] of failed) assert.match(said, why, image);
  }
  assert.deepEqual(await filesWithImages(folder), files);
});

test("the product's own image is pinned where it was pushed to, in the kustomizations and in the chart", async (t) => {
  const { folder, pin, registry } = await release(t);
  const own = `${registry.host}/team/log-vectorizer`;
  const digest = registry.push(`team/log-vectorizer:${VERSION}`);
  const files = ["kubernetes/daemon/kustomization.yaml", "kubernetes/kafka/kustomization.yaml"];
  const values = "helm/log-vectorizer/values.yaml";
  for (const file of [...files, values]) {
    const path = join(folder, "deploy", file);
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace("registry.example.com/log-vectorizer", own));
  }
  for (const again of [false, true]) {
    const { failed, left } = await pin();
    assert.deepEqual([...failed], []);
    assert.ok(![...left.keys()].some((image) => image.startsWith(own)));
    for (const file of [...files, values]) {
      const text = await readFile(join(folder, "deploy", file), "utf8");
      assert.match(
        text,
        new RegExp(`^\\s+digest: ${digest} # ${VERSION}$`, "m"),
        `${file} ${again}`,
      );
      assert.equal(text.match(DIGEST)?.length, 1);
      assert.ok(!text.includes("newTag"));
    }
  }
});
