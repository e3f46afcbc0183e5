import { type Refusal, mentionsDimensions } from "../http/refusal-kind.ts";

/** Optional request parameters; servers differ in what they accept. */
export type RequestForm = { dimensions: boolean; encoding: "base64" | "float" };

const ENCODING = /encoding[_ ]?format|base64/i;

/** The first attempt: ada-002 refuses `dimensions`, other models may accept it. */
export function firstForm(model: string, encoding: RequestForm["encoding"]): RequestForm {
  return { dimensions: !model.includes("text-embedding-ada-002"), encoding };
}

/**
 * The next form after a refusal; undefined where the refusal has another cause. text-embedding-3 models keep
 * `dimensions`: without it they return full-length vectors.
 */
export function nextForm(
  form: RequestForm,
  refusal: Refusal,
  model: string,
): RequestForm | undefined {
  if (refusal.status !== 400 && refusal.status !== 422) return undefined;
  const aboutEncoding = refusal.param === "encoding_format" || ENCODING.test(refusal.message);
  if (form.encoding === "base64" && aboutEncoding) return { ...form, encoding: "float" };
  const mayDrop = form.dimensions && !model.includes("text-embedding-3-");
  return mayDrop && mentionsDimensions(refusal) ? { ...form, dimensions: false } : undefined;
}
