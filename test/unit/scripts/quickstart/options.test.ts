import assert from "node:assert/strict";
import { test } from "node:test";

import { indexNames } from "../../../../scripts/quickstart/index-names.ts";
import { readOptions, takenByNpm } from "../../../../scripts/quickstart/options.mjs";

const NONE = { keep: false, allErrors: false, install: false, inMemory: false, files: [] };

test("without arguments the samples are tried and the server stops", () => {
  assert.deepEqual(readOptions([], "/here"), NONE);
});

test("--logs takes several files, from the folder that npm was called in", () => {
  assert.deepEqual(readOptions(["--logs", "a.log", "/var/b.log", "--keep"], "/here"), {
    ...NONE,
    keep: true,
    files: ["/here/a.log", "/var/b.log"],
  });
});

test("--yes is --install, and --in-memory starts no server", () => {
  assert.deepEqual(readOptions(["--yes"], "/"), { ...NONE, install: true });
  assert.deepEqual(readOptions(["--install"], "/"), { ...NONE, install: true });
  assert.deepEqual(readOptions(["--in-memory"], "/"), { ...NONE, inMemory: true });
});

for (const [args, problem] of [
  [["a.log"], /"a\.log".*comes after --logs/],
  [["--log", "a.log"], /^Unknown option '--log'\.$/],
  [["--logs"], /'--logs <value>' argument missing/],
  [["--keep=yes"], /'--keep' does not take an argument/],
  [["--in-memory", "--install"], /leave out --install/],
] as const) {
  test(`"${args.join(" ")}" is refused, and it is said why`, () => {
    const read = readOptions([...args], "/here");
    assert.ok("problem" in read);
    assert.match(read.problem, problem);
  });
}

test("options that npm took for its own are seen", () => {
  assert.deepEqual(takenByNpm({ npm_config_keep: "true", npm_config_in_memory: "true" }), [
    "--keep",
    "--in-memory",
  ]);
  assert.deepEqual(takenByNpm({ npm_config_cache: "/x", npm_config_yes: "true" }), []);
});

test("each file gets an index that OpenSearch accepts, equal names numbers", () => {
  const files = ["/a/App Server.log", "/b/app server.log", "/c/übel#.LOG", "/d/x"];
  assert.deepEqual(indexNames(files.map((path) => ({ path }))), [
    "quickstart_app_server",
    "quickstart_app_server_2",
    "quickstart__bel_",
    "quickstart_x",
  ]);
});
