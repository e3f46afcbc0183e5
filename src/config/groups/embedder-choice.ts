import type { Condition, Lookup, Requirement } from "../setting.ts";

export const PROVIDERS = ["openai", "ai-service", "local"] as const;

type Provider = (typeof PROVIDERS)[number];

type ProviderSetting =
  | "EMBEDDING_PROVIDER"
  | "AI_SERVICE_URL"
  | "OPENAI_API_KEY"
  | "OPENAI_BASE_URL";

/**
 * The models of the local embedder, as stamps name them (adapters/local-embedder says when those names change), with their
 * number of dimensions; hashing makes any number.
 */
export const LOCAL_MODELS = {
  hashing: { stamp: "local-hashing-v1", dimensions: undefined },
  "all-minilm-l6-v2": { stamp: "all-minilm-l6-v2-int8@1", dimensions: 384 },
  "use-multilingual-v3": { stamp: "use-multilingual-v3@1", dimensions: 512 },
} as const;

type LocalModel = keyof typeof LOCAL_MODELS;

/** Makes vectors of any length; the default of earlier versions. */
const HASHING = "hashing";
export const DEFAULT_LOCAL_MODEL = "all-minilm-l6-v2";

/** The embedder by name, or by the settings given for it; never the local one by default. */
export function chooseProvider({ read, given }: Lookup<ProviderSetting>): Provider | undefined {
  const named = read("EMBEDDING_PROVIDER");
  if (given("EMBEDDING_PROVIDER")) return PROVIDERS.find((provider) => provider === named);
  if (given("AI_SERVICE_URL")) return "ai-service";
  return given("OPENAI_API_KEY") || given("OPENAI_BASE_URL") ? "openai" : undefined;
}

/** Holds also where no provider is chosen yet. */
export function providerIs(...providers: Provider[]): Condition<ProviderSetting> {
  return {
    about: ["EMBEDDING_PROVIDER"],
    says: `the provider is ${providers.join(" or ")}`,
    unmet: (settings) => {
      const provider = chooseProvider(settings);
      if (provider === undefined || providers.includes(provider)) return undefined;
      return `the provider is ${provider}`;
    },
  };
}

/** The same, or a language model is set, which takes the same settings. */
export function providerOrModelIs(
  ...providers: Provider[]
): Condition<ProviderSetting | "LLM_MODEL"> {
  const chosen = providerIs(...providers);
  return {
    about: ["EMBEDDING_PROVIDER", "LLM_MODEL"],
    says: `${chosen.says}, or LLM_MODEL is set`,
    unmet: (settings) => (settings.given("LLM_MODEL") ? undefined : chosen.unmet(settings)),
  };
}

type ModelSetting = ProviderSetting | "EMBEDDING_MODEL" | "EMBEDDING_DIMENSIONS" | "LOCAL_PAD";

/** The default is a model of OpenAI's. */
export const takesModel: Condition<ModelSetting> = {
  about: ["EMBEDDING_PROVIDER"],
  says: "the provider is openai, or another one and a model is set",
  unmet: (settings) =>
    settings.given("EMBEDDING_MODEL") ? undefined : providerIs("openai").unmet(settings),
};

/** As domain/other-models has it. */
type ChosenBy = "settings" | "default" | "dimensions" | "stored_vectors";

/** Undefined where the provider is another one, or has no model of that name. */
export function chooseLocalModel(
  settings: Lookup<ModelSetting>,
): { name: LocalModel; chosenBy: ChosenBy } | undefined {
  if (chooseProvider(settings) !== "local") return undefined;
  if (settings.given("EMBEDDING_MODEL")) {
    const named = String(settings.read("EMBEDDING_MODEL")).toLowerCase();
    return isLocalModel(named) ? { name: named, chosenBy: "settings" } : undefined;
  }
  // A length set for hashing, which any earlier version took, stays what it was.
  return unfitLength(DEFAULT_LOCAL_MODEL, settings) === undefined
    ? { name: DEFAULT_LOCAL_MODEL, chosenBy: "default" }
    : { name: HASHING, chosenBy: "dimensions" };
}

/** What makes the vectors where the store has vectors of it and none of the default; undefined where that is not asked. */
export function modelOfStoredVectors(
  settings: Lookup<ModelSetting>,
): { name: LocalModel; chosenBy: ChosenBy } | undefined {
  if (chooseLocalModel(settings)?.chosenBy !== "default") return undefined;
  return { name: HASHING, chosenBy: "stored_vectors" };
}

/** Why the model cannot make vectors of the length that is set. */
function unfitLength(
  model: LocalModel,
  settings: Lookup<"EMBEDDING_DIMENSIONS" | "LOCAL_PAD">,
): string | undefined {
  const own = LOCAL_MODELS[model].dimensions;
  const given = settings.read("EMBEDDING_DIMENSIONS");
  if (own === undefined || typeof given !== "number" || given === own) return undefined;
  if (settings.read("LOCAL_PAD") === true && given > own) return undefined;
  const pad = given > own ? "; LOCAL_PAD=true appends zeros up to it" : "";
  return `${model} makes vectors of length ${own}${pad}`;
}

function isLocalModel(name: string): name is LocalModel {
  return Object.hasOwn(LOCAL_MODELS, name);
}

/** Holds also where no provider is chosen yet. */
export const usesModelFile: Condition<ModelSetting> = {
  about: ["EMBEDDING_PROVIDER", "EMBEDDING_MODEL"],
  says: "the provider is local and its model is not hashing",
  unmet: (settings) =>
    providerIs("local").unmet(settings) ??
    (chooseLocalModel(settings)?.name === HASHING ? "the model is hashing" : undefined),
};

export const isKnownLocally: Requirement<ModelSetting> = {
  about: ["EMBEDDING_PROVIDER"],
  says: `with the local provider it is one of ${Object.keys(LOCAL_MODELS).join(", ")}`,
  unmet: (settings) =>
    chooseProvider(settings) !== "local" || chooseLocalModel(settings) !== undefined
      ? undefined
      : `the local provider has no model ${JSON.stringify(settings.read("EMBEDDING_MODEL"))}`,
  problem: (owner, fact) => ({
    name: owner,
    sentence: `${fact}; set one of ${Object.keys(LOCAL_MODELS).join(", ")}, or leave this out for ${DEFAULT_LOCAL_MODEL}`,
  }),
};

/** Other lengths than a model's own are no choice but by zeros appended, which keep the cosine of any two vectors. */
export const fitsLocalModel: Requirement<ModelSetting> = {
  about: ["EMBEDDING_MODEL", "LOCAL_PAD"],
  says: "with a local model it is the model's own number, or more with LOCAL_PAD=true",
  unmet: (settings) => {
    const model = chooseLocalModel(settings);
    return model && unfitLength(model.name, settings);
  },
  problem: (owner, fact) => ({
    name: owner,
    sentence: `set to another number, but ${fact}; leave this out for the model's own`,
  }),
};
