import { Fault } from "../../../src/domain/faults.ts";
import type {
  EmbedAnswer,
  Embedder,
  RequestLimits,
  EmbedInput,
} from "../../../src/ports/embedder.ts";
import { stubVector } from "./stub-vector.ts";

/** What one call does: answers, waits, or throws. `answer` gives what the fake would have answered. */
export type FakeBehaviour = (call: {
  inputs: readonly EmbedInput[];
  signal: AbortSignal;
  answer: () => EmbedAnswer;
}) => EmbedAnswer | Promise<EmbedAnswer>;

export type FakeEmbedder = Embedder & {
  /** The inputs of each call, in order, the failed ones included. */
  calls: (readonly EmbedInput[])[];
  /** What the next call does that has nothing planned yet; calls planned take their turn. */
  plan(...behaviours: FakeBehaviour[]): void;
  /** What every call does that has nothing planned. */
  always(behaviour: FakeBehaviour): void;
};

export type FakeOptions = {
  dimensions?: number;
  model?: string;
  limits?: Partial<RequestLimits>;
  pricePerMillionTokens?: number | null;
};

/** An embedder in memory: vectors depend on the text alone, a token is four characters. */
export function createFakeEmbedder(options: FakeOptions = {}): FakeEmbedder {
  const { dimensions = 8, model = "fake-model", pricePerMillionTokens = 1 } = options;
  const calls: (readonly EmbedInput[])[] = [];
  const planned: FakeBehaviour[] = [];
  let usual: FakeBehaviour = ({ answer }) => answer();

  async function embed(inputs: readonly EmbedInput[], signal: AbortSignal): Promise<EmbedAnswer> {
    calls.push([...inputs]);
    const answer = () => ({
      vectors: inputs.map(({ text }) => stubVector(text, dimensions)),
      tokens: inputs.reduce((sum, { text }) => sum + Math.ceil(text.length / 4), 0),
    });
    if (signal.aborted) throw new Fault("outage", "fake: stopped while waiting");
    const behaviour = planned.shift() ?? usual;
    return behaviour({ inputs, signal, answer });
  }

  return {
    name: "fake",
    model,
    dimensions,
    limits: {
      maxTextsPerRequest: 2048,
      maxTokensPerText: 8192,
      maxTokensPerRequest: 300_000,
      ...options.limits,
    },
    pricePerMillionTokens,
    embed,
    calls,
    plan: (...behaviours) => void planned.push(...behaviours),
    always: (behaviour) => {
      usual = behaviour;
    },
  };
}

/** A behaviour that fails with this fault. */
export function failWith(fault: Fault): FakeBehaviour {
  return () => {
    throw fault;
  };
}

/** A behaviour that never answers, and fails as the real ones do once the signal aborts. */
export const hang: FakeBehaviour = ({ signal }) =>
  new Promise((_, reject) => {
    const stop = () => reject(new Fault("outage", "fake: stopped while waiting"));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
