import { z } from "zod";
import { modelAnswerShape, EXPLAIN_VERDICTS, type ModelAnswer } from "./claim.ts";

const object = z.record(z.string(), z.unknown());

/**
 * Reads a model's answer: JSON, also within a code fence or between other words. A claim that is not of the form is left out, and counted;
 * undefined where nothing of the form can be read.
 */
export function readModelAnswer(
  said: string,
): { answer: ModelAnswer; malformed: number } | undefined {
  for (const candidate of candidatesIn(said)) {
    const parsed = object.safeParse(jsonIn(candidate)).data;
    if (!parsed || !Array.isArray(parsed["claims"])) continue;
    const { claims } = modelAnswerShape.shape;
    const all = parsed["claims"].map((one: unknown) => claims.element.safeParse(one).data);
    const read = all.filter((one) => one !== undefined);
    const missing = z.array(z.string()).safeParse(parsed["missing"]).data ?? [];
    const verdict = z.enum(EXPLAIN_VERDICTS).safeParse(parsed["verdict"]).data ?? "unknown";
    return { answer: { verdict, claims: read, missing }, malformed: all.length - read.length };
  }
  return undefined;
}

/** The whole; what stands between code fences; from the first brace to the last. */
function candidatesIn(answer: string): string[] {
  // Models that think aloud do so before they answer.
  const said = answer.replace(/^\s*<think>[\s\S]*?<\/think>/i, "");
  const [, fenced] = /```(?:json)?\s*\n([\s\S]*?)\n\s*```/i.exec(said) ?? [];
  const [from, to] = [said.indexOf("{"), said.lastIndexOf("}")];
  const within = from >= 0 && to > from ? said.slice(from, to + 1) : undefined;
  return [said, fenced, within].filter((one) => one !== undefined);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
