import { z } from "zod";
import { modelFileOf } from "../model-file.ts";
import { HEADS, LAYERS, MAX_TOKENS, WIDTH } from "../minilm/kernels.ts";
import { int8Panels, type Columns } from "./panels.ts";
import { bytesOf, integersOf } from "./protobuf.ts";

const tokenizerSchema = z.object({
  model: z.object({ type: z.literal("WordPiece"), vocab: z.record(z.string(), z.int()) }),
});

const INNER = 4 * WIDTH;

/**
 * The model file of all-MiniLM-L6-v2 from its int8 ONNX file and its tokenizer.json. Throws where they are of another
 * shape.
 */
export function convertMiniLm(
  onnx: Uint8Array,
  tokenizerJson: string,
  source: string,
): Uint8Array[] {
  const graph = readGraph(onnx);
  const { vocab } = tokenizerSchema.parse(JSON.parse(tokenizerJson)).model;
  const pieces = Object.entries(vocab)
    .toSorted(([, a], [, b]) => a - b)
    .map(([piece]) => piece);
  const words = graph.tensor("embeddings.word_embeddings.weight_quantized");
  if (words.length !== pieces.length * WIDTH) throw new Error("Vocabulary and model do not match");
  const norm = (at: string) => [
    graph.floats(`${at}.LayerNorm.weight`, WIDTH),
    graph.floats(`${at}.LayerNorm.bias`, WIDTH),
  ];
  const [gamma = none, beta = none] = norm("embeddings");
  const tensors: Record<string, Uint8Array | Float32Array> = {
    vocabulary: Buffer.from(pieces.join("\n"), "utf8"),
    words,
    wordRange: rangeOf(graph, "embeddings.word_embeddings.weight"),
    places: placesOf(graph),
    gamma,
    beta,
  };
  for (let layer = 0; layer < LAYERS; layer += 1) {
    const at = `encoder.layer.${layer}`;
    const matrices = graph.products.slice(layer * 6, layer * 6 + 6);
    const columns = (index: number, bias: string, width: number, scaled = 1): Columns => {
      const name = matrices[index] ?? "";
      const by = (values: Float32Array) => values.map((value) => value * scaled);
      return {
        weights: int8(graph.tensor(`${name}_quantized`)),
        scale: by(graph.floats(`${name}_scale`, width)),
        bias: by(graph.floats(`${at}.${bias}.bias`, width)),
      };
    };
    // The scores' factor is part of the queries.
    const query = columns(0, "attention.self.query", WIDTH, 1 / Math.sqrt(WIDTH / HEADS));
    const key = columns(1, "attention.self.key", WIDTH);
    const value = columns(2, "attention.self.value", WIDTH);
    const [gamma1 = none, beta1 = none] = norm(`${at}.attention.output`);
    const [gamma2 = none, beta2 = none] = norm(`${at}.output`);
    Object.assign(tensors, {
      [`attention${layer}`]: int8Panels([query, key, value], WIDTH),
      [`mixed${layer}`]: int8Panels([columns(3, "attention.output.dense", WIDTH)], WIDTH),
      [`gammaA${layer}`]: gamma1,
      [`betaA${layer}`]: beta1,
      [`inner${layer}`]: int8Panels([columns(4, "intermediate.dense", INNER)], WIDTH),
      [`outer${layer}`]: int8Panels([columns(5, "output.dense", WIDTH)], INNER),
      [`gammaB${layer}`]: gamma2,
      [`betaB${layer}`]: beta2,
    });
  }
  const about = { name: "all-minilm-l6-v2", source, licence: "Apache-2.0", dimensions: WIDTH };
  return modelFileOf(about, tensors);
}

const none = new Float32Array();

const int8 = ({ buffer, byteOffset, length }: Uint8Array) =>
  new Int8Array(buffer, byteOffset, length);

/** Scale and zero point of a quantized tensor. */
function rangeOf(graph: Graph, name: string): Float32Array {
  const [scale = 0] = graph.floats(`${name}_scale`, 1);
  const [zero = 0] = graph.tensor(`${name}_zero_point`);
  return Float32Array.of(scale, zero);
}

/** What is added to a word at each place: the place's embedding and that of the first segment. */
function placesOf(graph: Graph): Float32Array {
  const read = (name: string) => {
    const [scale = 0, zero = 0] = rangeOf(graph, name);
    const quantized = graph.tensor(`${name}_quantized`);
    return (at: number) => ((quantized[at] ?? 0) - zero) * scale;
  };
  const place = read("embeddings.position_embeddings.weight");
  const segment = read("embeddings.token_type_embeddings.weight");
  return Float32Array.from(
    { length: MAX_TOKENS * WIDTH },
    (_, at) => place(at) + segment(at % WIDTH),
  );
}

type Graph = {
  /** The names of the weights of the matrix products, in the order of the graph. */
  products: string[];
  /** uint8 or int8 values. Throws where there is none of the name. */
  tensor(name: string): Uint8Array;
  /** Throws where there are not so many. */
  floats(name: string, length: number): Float32Array;
};

/** Of onnx.proto: ModelProto.graph 7; GraphProto.node 1, .initializer 5; TensorProto: float_data 4, int32_data 5, name 8, raw_data 9. */
function readGraph(onnx: Uint8Array): Graph {
  const [graph] = bytesOf(onnx, 7);
  if (!graph) throw new Error("This is not an ONNX model");
  const products: string[] = [];
  for (const node of bytesOf(graph, 1)) {
    const [type] = bytesOf(node, 4).map(utf8);
    const inputs = bytesOf(node, 1).map(utf8);
    const weights = inputs[1] ?? "";
    if (type === "MatMulInteger") products.push(weights.replace(/_quantized$/, ""));
  }
  if (products.length !== LAYERS * 6) throw new Error("This is not all-MiniLM-L6-v2 in int8");
  const tensors = new Map(
    bytesOf(graph, 5).map((tensor) => [utf8(bytesOf(tensor, 8)[0] ?? NO_BYTES), tensor]),
  );
  const found = (name: string) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`The model has no ${name}`);
    return tensor;
  };
  return {
    products,
    tensor(name) {
      const [raw] = bytesOf(found(name), 9);
      return raw ?? Uint8Array.from(integersOf(found(name), 5));
    },
    floats(name, length) {
      const tensor = found(name);
      const data = bytesOf(tensor, 9)[0] ?? Buffer.concat(bytesOf(tensor, 4));
      if (data.length !== length * 4) throw new Error(`${name} has another shape`);
      const floats = new Float32Array(length);
      new Uint8Array(floats.buffer).set(data);
      return floats;
    },
  };
}

const NO_BYTES = new Uint8Array();
const utf8 = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");
