import assert from "node:assert/strict";
import { test } from "node:test";
import {
  floatPanels,
  int8Panels,
} from "../../../../../src/adapters/local-embedder/convert/panels.ts";
import {
  f32x4,
  i16x8,
  i32x4,
  instantiate,
  moduleOf,
  v128,
} from "../../../../../src/adapters/local-embedder/wasm/assembler.ts";
import { gelu, softmax } from "../../../../../src/adapters/local-embedder/wasm/activations.ts";
import {
  int8Products,
  requireRelaxedSimd,
} from "../../../../../src/adapters/local-embedder/wasm/int8-step.ts";
import {
  matrixProduct,
  packPanels,
  PANEL,
} from "../../../../../src/adapters/local-embedder/wasm/matrix-product.ts";
import {
  layerNorm,
  quantizeRows,
} from "../../../../../src/adapters/local-embedder/wasm/row-kernels.ts";
import { createRandom } from "../../../../support/random.ts";

const memory = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true });
const floats = new Float32Array(memory.buffer);
const bytes = new Uint8Array(memory.buffer);

function filled(length: number, seed: number, value: (below: (limit: number) => number) => number) {
  const { below } = createRandom(seed);
  return Array.from({ length }, () => value(below));
}

const near = (actual: number | undefined, expected: number, within: number) =>
  assert.ok(Math.abs((actual ?? NaN) - expected) <= within, `${actual} instead of ${expected}`);

const WAYS = {
  "four at once": { step: i32x4.relaxedDot, blockRows: 6 },
  "two at once": {
    step: (weight, factor, sum) =>
      i32x4.add(sum, i32x4.dotI16(i16x8.relaxedDot(weight, factor), i32x4.splat(0x10001))),
    blockRows: 4,
  },
  "as this machine does": int8Products(),
} satisfies Record<string, ReturnType<typeof int8Products>>;

for (const [name, { step, blockRows }] of Object.entries(WAYS)) {
  test(`an int8 product is exact at its greatest values too: ${name}`, () => {
    requireRelaxedSimd();
    const [rows, depth, columns] = [2 * blockRows, 64, 16];
    const weights = filled(depth * columns, 1, (below) => below(256) - 128);
    // The first columns and rows have the greatest values alone.
    const extreme = weights.map((weight, i) =>
      i % columns === 0 ? -128 : i % columns === 1 ? 127 : weight,
    );
    const factors = filled(rows * depth, 2, (below) => below(128)).map((f, i) =>
      i < depth ? 127 : f,
    );
    const ones = new Float32Array(columns).fill(1);
    const panels = int8Panels(
      [{ weights: Int8Array.from(extreme), scale: ones, bias: ones }],
      depth,
    );
    const [at, out] = [4096, 32_768];
    bytes.set(factors, 0);
    bytes.set(panels, at);
    const { product } = instantiate<"product">(
      moduleOf([
        matrixProduct({
          name: "product",
          blockRows,
          rowBytes: depth,
          outBytes: columns * 4,
          unroll: 2,
          step,
          finish: (sum) => f32x4.fromI32(sum),
        }),
      ]),
      memory,
    );
    product(0, at, out, 2, columns / PANEL, depth / 4, PANEL * (depth + 12), 0);
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        let sum = 0;
        for (let i = 0; i < depth; i += 1) {
          sum += (factors[row * depth + i] ?? 0) * (extreme[i * columns + column] ?? 0);
        }
        assert.equal(floats[out / 4 + row * columns + column], sum);
      }
    }
  });
}

test("a float product adds what each panel has behind its weights", () => {
  const [rows, depth, columns] = [6, 12, 16];
  const weights = Float32Array.from(filled(depth * columns, 3, (below) => below(200) / 100 - 1));
  const factors = Float32Array.from(filled(rows * depth, 4, (below) => below(200) / 100 - 1));
  const bias = Float32Array.from({ length: columns }, (_, i) => i);
  const [at, out] = [4096, 32_768];
  floats.set(factors, 0);
  floats.set(floatPanels(weights, depth, bias), at / 4);
  const { product } = instantiate<"product">(
    moduleOf([
      matrixProduct({
        name: "product",
        blockRows: 6,
        rowBytes: depth * 4,
        outBytes: columns * 4,
        unroll: 4,
        step: (weight, factor, sum) => f32x4.relaxedMadd(weight, factor, sum),
        finish: (sum, { columns: place, vector }) => f32x4.add(sum, v128.load(place, vector * 16)),
      }),
    ]),
    memory,
  );
  product(0, at, out, 1, columns / PANEL, depth, (depth + 1) * PANEL * 4, 0);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      let sum = bias[column] ?? 0;
      for (let i = 0; i < depth; i += 1) {
        sum += (factors[row * depth + i] ?? 0) * (weights[i * columns + column] ?? 0);
      }
      near(floats[out / 4 + row * columns + column], sum, 1e-5);
    }
  }
});

test("the layer norm of a row has mean 0 and variance 1 before gamma and beta", () => {
  const width = 24;
  const { norm } = instantiate<"norm">(moduleOf([layerNorm("norm", width, 1e-12, true)]), memory);
  const [x, y] = [5, 6].map((seed) => filled(2 * width, seed, (below) => below(1000) / 100 - 3));
  floats.set(x ?? [], 0);
  floats.set(y ?? [], 256);
  floats.fill(2, 512, 512 + width);
  floats.fill(1, 768, 768 + width);
  norm(0, 1024, 2048, 3072, 2);
  for (const row of [0, 1]) {
    const sums = Array.from({ length: width }, (_, i) => {
      const at = row * width + i;
      return (x?.[at] ?? 0) + (y?.[at] ?? 0);
    });
    const mean = sums.reduce((all, each) => all + each, 0) / width;
    const variance = sums.reduce((all, each) => all + (each - mean) ** 2, 0) / width;
    sums.forEach((sum, i) =>
      near(floats[row * width + i], (2 * (sum - mean)) / Math.sqrt(variance) + 1, 1e-5),
    );
  }
});

test("rows are rounded to 0 to 127, each by its own range, and rows of zeros stay zeros", () => {
  const width = 32;
  const { round } = instantiate<"round">(moduleOf([quantizeRows("round", width)]), memory);
  const rows = [
    filled(width, 7, (below) => below(1000) / 100 - 3),
    filled(width, 8, (below) => -below(1000)),
    Array.from({ length: width }, () => 0),
    Array.from({ length: width }, () => 1e-3),
  ];
  floats.set(rows.flat(), 0);
  round(0, 4096, 8192, rows.length);
  rows.forEach((row, number) => {
    const scale = floats[2048 + number * 2] ?? NaN;
    const zero = new Int32Array(memory.buffer)[2048 + number * 2 + 1] ?? NaN;
    row.forEach((value, i) => {
      const rounded = bytes[4096 + number * width + i] ?? 255;
      assert.ok(rounded <= 127);
      near(scale * (rounded - zero), value, scale * 0.51);
    });
  });
});

test("gelu is x (1 + erf(x / sqrt 2)) / 2, and what is rounded is what it makes", () => {
  // From tables of erf.
  const known = [
    [0, 0],
    [1, 0.8413447],
    [-1, -0.1586553],
    [2, 1.9544997],
    [-3, -0.0040497],
    [10, 10],
    [-10, 0],
    [0.5, 0.3457312],
  ];
  const width = 16;
  const { round } = instantiate<"round">(moduleOf([quantizeRows("round", width, gelu)]), memory);
  floats.fill(0, 0, width);
  floats.set(
    known.map(([x = 0]) => x),
    0,
  );
  round(0, 4096, 8192, 1);
  const scale = floats[2048] ?? NaN;
  const zero = new Int32Array(memory.buffer)[2049] ?? NaN;
  known.forEach(([, expected = 0], i) => {
    near(floats[i], expected, 2e-6);
    near(scale * ((bytes[4096 + i] ?? NaN) - zero), expected, scale * 0.51);
  });
});

for (const width of [2, 3, 4, 5, 7]) {
  test(`softmax of ${width} values reads those and no more, and empties the rest of the last vector`, () => {
    const { run } = instantiate<"run">(moduleOf([softmax("run", 64)]), memory);
    const values = [1, -2, 3, 0.5, -40, 2, 0].slice(0, width);
    floats.fill(1000, 0, 64);
    floats.set(values, 0);
    floats.fill(0, 16, 16 + width);
    run(0, width, 2);
    const sum = values.reduce((all, value) => all + Math.exp(value), 0);
    values.forEach((value, i) => near(floats[i], Math.exp(value) / sum, 1e-6));
    values.forEach((_, i) => near(floats[16 + i], 1 / width, 1e-6));
    for (let i = width; i % 4 !== 0; i += 1) assert.equal(floats[i], 0);
  });
}

test("rows become the weights of a product, a panel for eight of them", () => {
  const [width, rowBytes] = [8, 64];
  const { pack } = instantiate<"pack">(moduleOf([packPanels("pack", width, rowBytes)]), memory);
  for (let i = 0; i < 2 * PANEL * (rowBytes / 4); i += 1) floats[i] = i;
  pack(0, 16_384, 2);
  for (let row = 0; row < 2 * PANEL; row += 1) {
    for (let i = 0; i < width; i += 1) {
      const panel = 4096 + Math.floor(row / PANEL) * width * PANEL;
      assert.equal(floats[panel + i * PANEL + (row % PANEL)], row * (rowBytes / 4) + i);
    }
  }
});
