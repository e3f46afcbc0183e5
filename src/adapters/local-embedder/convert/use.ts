import { modelFileOf, type Tensor } from "../model-file.ts";
import { BRANCHES, FEATURES, HIDDEN, NARROW, WIDTH } from "../use/kernels.ts";
import { TABLES } from "../use/use.ts";
import { floatPanels } from "./panels.ts";
import { bytesOf } from "./protobuf.ts";
import { openZip } from "./zip.ts";

const BRANCH = HIDDEN / BRANCHES.length;
/** Pieces of the tokenizer that no text holds: unknown, beginning, end. */
const SPECIAL = 3;

/**
 * The model file of Universal Sentence Encoder multilingual v3 from its weights (npz) and its tokenizer (a SentencePiece
 * model). Throws where they are of another shape.
 */
export function convertUse(npz: Buffer, tokenizer: Uint8Array, source: string): Uint8Array[] {
  const read = openZip(npz);
  const array = (name: string) => readNpy(read(`${name}.npy`), name);
  const floats = (name: string, length: number) => {
    const { floats: values, shape } = array(name);
    if (values.length !== length) throw new Error(`${name} has the shape ${shape.join(" x ")}`);
    return values;
  };
  const eachBranch = (name: string, length: number) =>
    BRANCHES.map(({ span }) => floats(`${name}${span}`, length));
  const panels = (name: string, rows: number, columns: number, bias?: Float32Array) =>
    floatPanels(floats(name, rows * columns), rows, bias);
  const tensors: Record<string, Tensor> = {
    ...tokenizerTensors(tokenizer),
    words: wordsOf((table) => array(`q${table + 1}`)),
    ranges: pairs(floats("scale", TABLES), floats("lo", TABLES)),
    hidden: floatPanels(
      besideEachOther(eachBranch("proj", WIDTH * BRANCH), WIDTH),
      WIDTH,
      joined(eachBranch("proj_b", BRANCH)),
    ),
    hiddenGamma: joined(eachBranch("ln_g", BRANCH)),
    hiddenBeta: joined(eachBranch("ln_b", BRANCH)),
    gamma: floats("ln_g", FEATURES),
    beta: floats("ln_b", FEATURES),
    sum: panels("cnn_W", FEATURES, WIDTH),
    sumBias: floats("cnn_b", WIDTH),
    head0: panels("d0", WIDTH, NARROW),
    head1: floatPanels(
      joined([floats("p1", WIDTH * NARROW), floats("d1", NARROW * NARROW)]),
      WIDTH + NARROW,
    ),
    head2: panels("d2", NARROW, WIDTH),
    head3: floatPanels(
      joined([floats("p3", NARROW * WIDTH), floats("d3", WIDTH * WIDTH)]),
      NARROW + WIDTH,
    ),
  };
  for (const { span } of BRANCHES) {
    const rows = span * BRANCH;
    tensors[`first${span}`] = panels(`w1_${span}`, rows, BRANCH, floats(`b1_${span}`, BRANCH));
    tensors[`second${span}`] = panels(`w2_${span}`, rows, BRANCH, floats(`b2_${span}`, BRANCH));
  }
  const about = { name: "use-multilingual-v3", source, licence: "Apache-2.0", dimensions: WIDTH };
  return modelFileOf(about, tensors);
}

type NumpyArray = { shape: number[]; bytes: Uint8Array; floats: Float32Array };

/** Of numpy's format (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): uint8 or float32, by rows. */
function readNpy(file: Buffer, name: string): NumpyArray {
  const header = file.toString("latin1", 10, 10 + file.readUInt16LE(8));
  const type = /'descr': '(?:[|<])(u1|f4)'/.exec(header)?.[1];
  const dimensions = /'shape': \(([\d, ]*)\)/.exec(header)?.[1];
  if (
    type === undefined ||
    dimensions === undefined ||
    !header.includes("'fortran_order': False")
  ) {
    throw new Error(`${name} is not an array of uint8 or float32`);
  }
  const shape = dimensions.split(",").flatMap((part) => (part.trim() === "" ? [] : [Number(part)]));
  const bytes = Uint8Array.from(file.subarray(10 + header.length));
  const floats = type === "f4" ? new Float32Array(bytes.buffer) : new Float32Array();
  return { shape, bytes, floats };
}

/** A token's embedding is in the table of its id's remainder. */
function wordsOf(tableOf: (table: number) => NumpyArray): Uint8Array {
  const rows = (tableOf(0).shape[0] ?? 0) * TABLES;
  const words = new Uint8Array(rows * WIDTH);
  for (let table = 0; table < TABLES; table += 1) {
    const { bytes } = tableOf(table);
    for (let row = 0; row * WIDTH < bytes.length; row += 1) {
      words.set(bytes.subarray(row * WIDTH, (row + 1) * WIDTH), (row * TABLES + table) * WIDTH);
    }
  }
  return words;
}

function pairs(first: Float32Array, second: Float32Array): Float32Array {
  return Float32Array.from({ length: 2 * first.length }, (_, i) => {
    const from = i % 2 === 0 ? first : second;
    return from[i >> 1] ?? 0;
  });
}

function joined(arrays: readonly Float32Array[]): Float32Array {
  return Float32Array.from(arrays.flatMap((array) => [...array]));
}

/** Matrices of equal rows as one. */
function besideEachOther(matrices: readonly Float32Array[], rows: number): Float32Array {
  const parts = Array.from({ length: rows }, (_, row) =>
    matrices.map((matrix) => {
      const columns = matrix.length / rows;
      return matrix.subarray(row * columns, (row + 1) * columns);
    }),
  );
  return joined(parts.flat());
}

/**
 * Of sentencepiece_model.proto: ModelProto.pieces 1 (piece 1, score 2), .normalizer_spec 3 with its map of characters 2: the size of
 * a trie, the trie, the replacements, each ended by a zero.
 */
function tokenizerTensors(model: Uint8Array): Record<string, Tensor> {
  const found = bytesOf(model, 1).map((piece) => ({
    text: Buffer.from(bytesOf(piece, 1)[0] ?? []).toString("utf8"),
    score: Buffer.from(bytesOf(piece, 2)[0] ?? new Uint8Array(4)).readFloatLE(),
  }));
  const [settings = new Uint8Array()] = bytesOf(model, 3);
  const map = Buffer.from(bytesOf(settings, 2)[0] ?? []);
  const end = 4 + map.readUInt32LE();
  return {
    charactersTrie: new Uint32Array(Uint8Array.from(map.subarray(4, end)).buffer),
    replacements: Uint8Array.from(map.subarray(end)),
    scores: Float32Array.from(found, ({ score }) => score),
    ...trieOf(found.map(({ text }) => text)),
  };
}

/**
 * The pieces as a trie over UTF-16 units, level by level: the children of node n are `firstChild[n]` up to `firstChild[n + 1]`, in
 * the order of their `labels`; `pieces` has the piece that ends at a node, or -1.
 */
function trieOf(texts: readonly string[]): Record<string, Tensor> {
  const sorted = texts
    .map((text, id) => ({ text, id }))
    .slice(SPECIAL)
    .toSorted((a, b) => (a.text < b.text ? -1 : 1));
  const nodes = [{ label: 0, from: 0, to: sorted.length, depth: 0 }];
  const firstChild: number[] = [];
  const pieces: number[] = [];
  // Grows while it is read.
  for (const { from, to, depth } of nodes) {
    let at = from;
    let piece = -1;
    for (; at < to && sorted[at]?.text.length === depth; at += 1) piece = sorted[at]?.id ?? -1;
    pieces.push(piece);
    firstChild.push(nodes.length);
    while (at < to) {
      const label = sorted[at]?.text.charCodeAt(depth) ?? 0;
      const start = at;
      while (at < to && sorted[at]?.text.charCodeAt(depth) === label) at += 1;
      nodes.push({ label, from: start, to: at, depth: depth + 1 });
    }
  }
  firstChild.push(nodes.length);
  return {
    firstChild: Uint32Array.from(firstChild),
    labels: Uint16Array.from(nodes, ({ label }) => label),
    pieces: Int32Array.from(pieces),
  };
}
