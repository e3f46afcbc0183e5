import assert from "node:assert/strict";
import { test } from "node:test";

import { indexNames, readOptions } from "../../../scripts/quickstart/options.ts";

test("without arguments the samples are tried and the server stops", () => {
  assert.deepEqual(readOptions([], "/here"), { keep: false, files: [] });
});

test("--logs takes several files, from the folder that npm was called in", () => {
  assert.deepEqual(readOptions(["--logs", "a.log", "/var/b.log", "--keep"], "/here"), {
    keep: true,
    files: ["/here/a.log", "/var/b.log"],
  });
});

for (const args of [["a.log"], ["--log", "a.log"], ["--logs"], ["--keep=yes"]]) {
  test(`"${args.join(" ")}" is refused`, () => {
    assert.equal(readOptions(args, "/here"), undefined);
  });
}

test("each file gets an index that OpenSearch accepts, equal names numbers", () => {
  const files = ["/a/App Server.log", "/b/app server.log", "/c/übel#.LOG", "/d/x"];
  assert.deepEqual(indexNames(files.map((path) => ({ path }))), [
    "quickstart_app_server",
    "quickstart_app_server_2",
    "quickstart__bel_",
    "quickstart_x",
  ]);
});
