import { PANEL } from "../wasm/matrix-product.ts";

/** What one step of a matrix product reads of a row: bytes. */
const STEP_BYTES = 4;

export type Columns = {
  /** [rows][columns], int8: `scale` times it is the weight. */
  weights: Int8Array;
  scale: Float32Array;
  bias: Float32Array;
};

/** Of a column behind its weights: their scale, their sum, the bias. */
const INT8_COLUMN_BYTES = 12;

/**
 * int8 matrices of equal rows, side by side, as panels of the matrix product: for each panel its columns' weights, four rows
 * a step, then their scales (float32), the sums of their weights (int32), their biases (float32).
 */
export function int8Panels(matrices: readonly Columns[], rows: number): Uint8Array {
  const width = matrices.reduce((sum, { scale }) => sum + scale.length, 0);
  const bytes = new Uint8Array(width * (rows + INT8_COLUMN_BYTES));
  const view = new DataView(bytes.buffer);
  let column = 0;
  for (const { weights, scale, bias } of matrices) {
    const columns = scale.length;
    for (let own = 0; own < columns; own += 1, column += 1) {
      const lane = column % PANEL;
      const panel = (column - lane) * (rows + INT8_COLUMN_BYTES);
      let sum = 0;
      for (let row = 0; row < rows; row += 1) {
        const weight = weights[row * columns + own] ?? 0;
        const [step, part] = [Math.floor(row / STEP_BYTES), row % STEP_BYTES];
        view.setInt8(panel + (step * PANEL + lane) * STEP_BYTES + part, weight);
        sum += weight;
      }
      const beside = panel + rows * PANEL + lane * 4;
      view.setFloat32(beside, scale[own] ?? 0, true);
      view.setInt32(beside + 4 * PANEL, sum, true);
      view.setFloat32(beside + 8 * PANEL, bias[own] ?? 0, true);
    }
  }
  return bytes;
}

/** float32 [rows][columns] as panels: for each panel its rows, then its biases (zeros where there are none). */
export function floatPanels(
  weights: Float32Array,
  rows: number,
  bias?: Float32Array,
): Float32Array {
  const columns = weights.length / rows;
  const panels = new Float32Array(columns * (rows + 1));
  for (let column = 0; column < columns; column += 1) {
    const lane = column % PANEL;
    const start = (column - lane) * (rows + 1) + lane;
    for (let row = 0; row < rows; row += 1) {
      panels[start + row * PANEL] = weights[row * columns + column] ?? 0;
    }
    panels[start + rows * PANEL] = bias?.[column] ?? 0;
  }
  return panels;
}
