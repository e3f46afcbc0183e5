import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { modelFileOf, openModel } from "../../../../src/adapters/local-embedder/model-file.ts";

const ABOUT = { name: "small", source: "nowhere", licence: "MIT", dimensions: 4 };
const TENSORS = { words: Uint8Array.of(1, 2, 3), weights: Float32Array.of(0.5, -2, 8) };
const ROOM = { name: "small", workers: 2, scratchBytes: 1000 };

async function written(t: TestContext, content: Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "model-file-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "small.bin");
  await writeFile(path, content);
  return path;
}

test("gives back the tensors, each where the header says, and room for the workers behind them", async (t) => {
  const path = await written(t, Buffer.concat(modelFileOf(ABOUT, TENSORS)));
  const { header, memory, scratch } = await openModel(path, ROOM);
  assert.deepEqual([header.name, header.licence, header.dimensions], ["small", "MIT", 4]);
  const { words, weights } = header.tensors;
  assert.ok(words && weights);
  assert.deepEqual([...new Uint8Array(memory.buffer, words.offset, words.bytes)], [1, 2, 3]);
  assert.deepEqual([...new Float32Array(memory.buffer, weights.offset, 3)], [0.5, -2, 8]);
  assert.ok(scratch >= header.bytes && memory.buffer.byteLength >= scratch + 2000);
});

const whole = Buffer.concat(modelFileOf(ABOUT, TENSORS));
const BROKEN: [string, Uint8Array, RegExp][] = [
  [
    "that is something else",
    Buffer.from("PK\u0003\u0004 this is an archive, not a model"),
    /is not a model file/,
  ],
  ["that is empty", Buffer.alloc(0), /ends too early/],
  ["that was cut in its header", whole.subarray(0, 40), /ends too early/],
  ["that was cut in its tensors", whole.subarray(0, -8), /ends too early/],
  [
    "of another format",
    Buffer.from(whole.toString("latin1").replace('"format":1', '"format":9'), "latin1"),
    /another version/,
  ],
];
for (const [what, content, message] of BROKEN) {
  test(`a file ${what} is a fault of the configuration, and says what to do`, async (t) => {
    const path = await written(t, content);
    await assert.rejects(openModel(path, ROOM), {
      kind: "configuration",
      message,
      hint: /log-vectorizer model install small\..*EMBEDDING_MODEL=hashing/,
    });
  });
}

test("a file of another model is refused, and both are named", async (t) => {
  const path = await written(t, whole);
  await assert.rejects(openModel(path, { ...ROOM, name: "large" }), {
    kind: "configuration",
    message: /small\.bin holds small, not large/,
    hint: /log-vectorizer model install large\./,
  });
});

test("a file that is not there is a fault of the configuration", async () => {
  const opening = openModel(join(tmpdir(), "no-such-model.bin"), ROOM);
  await assert.rejects(opening, {
    kind: "configuration",
    message: /no-such-model\.bin is not there/,
  });
});
