import { ensureModel } from "../models/ensure-model.ts";
import { modelFolder } from "../models/model-folder.ts";
import { head, MODEL, MULTILINGUAL, say, type TrialModel } from "./trial.ts";

export type TrialModels = {
  model: TrialModel;
  /** Whether the model that reads Korean is here. */
  multilingual: boolean;
  /** For the commands: a checkout's models. */
  settings: { MODEL_DIR: string };
};

/**
 * The models of a trial. What is missing is fetched, which is said first; where it cannot be, the trial does without and says so. Only
 * the samples are asked in Korean.
 */
export async function prepareModels(samples: boolean, signal: AbortSignal): Promise<TrialModels> {
  head("Models that run in this process, without a key");
  const noModel = await ensureModel(MODEL, { say, signal });
  if (noModel === undefined) say(`${MODEL} (English) makes the vectors; it is in ${modelFolder()}`);
  else {
    say(noModel);
    say("So hashing makes the vectors: the searches below compare wording, not meaning.");
  }
  const noOther = samples ? await ensureModel(MULTILINGUAL, { say, signal }) : undefined;
  if (samples && noOther === undefined) say(`${MULTILINGUAL} (16 languages) is asked in Korean.`);
  if (noOther !== undefined) {
    say(noOther);
    say("So no search is asked in Korean.");
  }
  return {
    model: noModel === undefined ? MODEL : "hashing",
    multilingual: samples && noOther === undefined,
    settings: { MODEL_DIR: modelFolder() },
  };
}
