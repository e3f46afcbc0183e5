import {
  sequence,
  func,
  i32,
  i32x4,
  repeatWhile,
  v128,
  type Code,
  type Local,
} from "./assembler.ts";

/** Columns of a panel: two vectors of four. */
export const PANEL = 8;
const PANEL_BYTES = 4 * PANEL;

type V128 = Code<"v128">;

/** What becomes of a sum before it is stored. */
type Finish = (sum: V128, place: Place) => V128;

/**
 * `columns`: behind the panel's weights. `row`: the block's first row of what is beside, `rowValues` the first values of this row
 * there. Vector 0 or 1 of the panel.
 */
export type Place = {
  columns: Code<"i32">;
  row: Code<"i32">;
  rowValues: readonly V128[];
  vector: number;
  rowNumber: number;
};

export type Product = {
  name: string;
  /** Rows of a block, whose sums stay in registers: two sums a row, two weights and a factor share 15 on x86. */
  blockRows: number;
  /** Bytes between rows. */
  rowBytes: number;
  outBytes: number;
  /** Bytes between two steps of a panel's weights; 32 where they lie packed. */
  stepBytes?: number;
  /** Steps of one turn of the loop; the number of steps is a multiple of it. */
  unroll: number;
  /** sum + the products of one step: weight and factor as vectors. */
  step: (weight: V128, factor: V128, sum: V128) => V128;
  finish: Finish;
  /** Bytes between two rows of what `finish` reads of a row, and between two panels of it. */
  besideBytes?: number;
  besidePanelBytes?: number;
  /** 32-bit values of each row of it that `finish` gets in all lanes. */
  rowValues?: number;
};

/**
 * rows x weights. A step is four bytes of each row (a float32, or four int8) against `PANEL` columns of four bytes;
 * a panel holds all steps of its columns. Parameters: rows, panels, out, blocks of rows, panels, steps,
 * bytes between panels, `beside` (for `finish`). A sum is made in the order of the steps, whatever rows are beside it.
 */
export function matrixProduct(product: Product) {
  const { rowBytes, outBytes, stepBytes = PANEL_BYTES, unroll, step, finish } = product;
  const { blockRows, besideBytes = 0, besidePanelBytes = 0, rowValues = 0 } = product;
  const params = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;
  return func(product.name, params, (given, local) => {
    const [rows, panel, out, blocks, panels, steps, panelBytes, beside] = given;
    const sums = Array.from({ length: blockRows }, () => [local("v128"), local("v128")] as const);
    const weights = [local("v128"), local("v128")] as const;
    const factor = local("v128");
    const values = Array.from({ length: rowValues }, () => local("v128"));
    // One address for each step of a turn: the rows' offsets are then the same in all, and V8 adds each to the memory's start once.
    const steppedRows = Array.from({ length: unroll }, () => local("i32"));
    const [row, weight, end, outRow, block, besideRow] = [
      local("i32"),
      local("i32"),
      local("i32"),
      local("i32"),
      local("i32"),
      local("i32"),
    ];

    const oneStep = (from: Local<"i32">, at: number) => [
      ...weights.map((w, i) => w.set(v128.load(weight.get, at * stepBytes + i * 16))),
      ...sums.flatMap((rowSums, r) => [
        factor.set(v128.load32Splat(from.get, r * rowBytes)),
        ...rowSums.map((sum, i) =>
          sum.set(step(weights[i === 0 ? 0 : 1].get, factor.get, sum.get)),
        ),
      ]),
    ];
    const oneBlock = [
      ...sums.flat().map((sum) => sum.set(i32x4.splat(0))),
      weight.set(panel.get),
      repeatWhile(i32.ltU(weight.get, end.get), [
        ...steppedRows.map((from, at) => from.set(i32.add(row.get, i32.const(4 * at)))),
        ...steppedRows.map((from, at) => sequence(oneStep(from, at))),
        row.set(i32.add(row.get, i32.const(4 * unroll))),
        weight.set(i32.add(weight.get, i32.const(stepBytes * unroll))),
      ]),
      ...sums.flatMap((rowSums, rowNumber) => [
        ...values.map((value, i) =>
          value.set(v128.load32Splat(besideRow.get, rowNumber * besideBytes + i * 4)),
        ),
        ...rowSums.map((sum, vector) =>
          v128.store(
            outRow.get,
            finish(sum.get, {
              columns: weight.get,
              row: besideRow.get,
              rowValues: values.map(({ get }) => get),
              vector,
              rowNumber,
            }),
            rowNumber * outBytes + vector * 16,
          ),
        ),
      ]),
    ];
    return [
      repeatWhile(panels.get, [
        row.set(rows.get),
        outRow.set(out.get),
        besideRow.set(beside.get),
        block.set(blocks.get),
        end.set(i32.add(panel.get, i32.mul(steps.get, i32.const(stepBytes)))),
        repeatWhile(block.get, [
          ...oneBlock,
          // The loop moved `row` over one row.
          row.set(
            i32.sub(
              i32.add(row.get, i32.const(blockRows * rowBytes)),
              i32.mul(steps.get, i32.const(4)),
            ),
          ),
          outRow.set(i32.add(outRow.get, i32.const(blockRows * outBytes))),
          besideRow.set(i32.add(besideRow.get, i32.const(blockRows * besideBytes))),
          block.set(i32.sub(block.get, i32.const(1))),
        ]),
        panel.set(i32.add(panel.get, panelBytes.get)),
        out.set(i32.add(out.get, i32.const(PANEL_BYTES))),
        beside.set(i32.add(beside.get, i32.const(besidePanelBytes))),
        panels.set(i32.sub(panels.get, i32.const(1))),
      ]),
    ];
  });
}

/**
 * `name`(from, to, panels): rows of `width` float32 (a multiple of 4), `rowBytes` apart, as the weights of a product: a panel
 * holds eight rows, the first value of each, then the second.
 */
export function packPanels(name: string, width: number, rowBytes: number) {
  return func(name, ["i32", "i32", "i32"], ([from, to, panels], local) => {
    const loaded = [local("v128"), local("v128"), local("v128"), local("v128")] as const;
    const [a, b, c, d] = loaded;
    const lanes = (first: readonly number[]) =>
      first.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte));
    /** Values 0 and 1, or 2 and 3, of two rows. */
    const pair = (rows: readonly [Local<"v128">, Local<"v128">], value: number) =>
      v128.shuffle(rows[0].get, rows[1].get, lanes([value, value + 4, value + 1, value + 5]));
    const four = (value: number, odd: number) =>
      v128.shuffle(
        pair([a, b], value),
        pair([c, d], value),
        lanes(odd === 0 ? [0, 1, 4, 5] : [2, 3, 6, 7]),
      );
    const [fromBytes, toBytes] = [PANEL * rowBytes, width * PANEL_BYTES];
    const tiles = Array.from({ length: width / 4 }, (_, i) =>
      [0, 4].flatMap((row) => [
        ...loaded.map((each, r) => each.set(v128.load(from.get, (row + r) * rowBytes + i * 16))),
        ...[0, 1, 2, 3].map((value) =>
          v128.store(to.get, four(value & 2, value & 1), (i * 4 + value) * PANEL_BYTES + row * 4),
        ),
      ]),
    );
    return [
      repeatWhile(panels.get, [
        ...tiles.flat(),
        from.set(i32.add(from.get, i32.const(fromBytes))),
        to.set(i32.add(to.get, i32.const(toBytes))),
        panels.set(i32.sub(panels.get, i32.const(1))),
      ]),
    ];
  });
}
