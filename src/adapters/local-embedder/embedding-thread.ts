import { parentPort, workerData } from "node:worker_threads";
import type { Engine, ThreadData, Workspace } from "./engine.ts";
import { createMiniLm } from "./minilm/minilm.ts";
import { createUse } from "./use/use.ts";
import type { Request, Response } from "./worker-pool.ts";

const engine = createEngine(workerData);

/** What fails here ends the thread; the main thread says so and starts another. */
parentPort?.on("message", ({ id, texts }: Request) => {
  const tokens = texts.map((text) => engine.tokenize(text));
  const found = inBatches(tokens.map(({ ids }) => ids)).flatMap((batch) => engine.embed(batch));
  const dimensions = found[0]?.length ?? 0;
  const vectors = new Float32Array(found.length * dimensions);
  found.forEach((vector, i) => vectors.set(vector, i * dimensions));
  const response: Response = { id, vectors, isCut: tokens.map(({ isCut }) => isCut) };
  parentPort?.postMessage(response, [vectors.buffer]);
});

function createEngine({ model, memory, tensors, scratch }: ThreadData): Engine {
  const workspace: Workspace = {
    memory,
    scratch,
    tensor(name) {
      const tensor = tensors[name];
      if (!tensor) throw new Error(`The model file has no ${name}`);
      return tensor;
    },
  };
  switch (model) {
    case "all-minilm-l6-v2":
      return createMiniLm(workspace);
    case "use-multilingual-v3":
      return createUse(workspace);
  }
}

/** As few batches as the engine takes, of like size: each reads all weights of the model once. */
function inBatches(texts: readonly number[][]): number[][][] {
  const total = texts.reduce((sum, ids) => sum + ids.length, 0);
  const enough = total / Math.ceil(total / engine.maxTokens);
  const batches: number[][][] = [];
  let tokens = Infinity;
  for (const ids of texts) {
    if (tokens < enough && tokens + ids.length <= engine.maxTokens) {
      batches.at(-1)?.push(ids);
      tokens += ids.length;
    } else {
      batches.push([ids]);
      tokens = ids.length;
    }
  }
  return batches;
}
