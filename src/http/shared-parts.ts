import type { HttpParts } from "./parts.ts";
import { createSharedAnswer } from "./shared-answer.ts";

/** However many ask and however often, the others are asked no more often than this. */
const MAX_AGE_MS = 2000;
const OVERVIEW_MAX_AGE_MS = 1000;

/** The parts that many ask for at the same time, each read once for all of them. */
export type SharedParts = Pick<HttpParts, "readiness" | "status"> & {
  overview: () => ReturnType<HttpParts["overview"]>;
};

export function shareParts(parts: HttpParts): SharedParts {
  const { clock } = parts;
  const readiness = createSharedAnswer(parts.readiness, { maxAgeMs: MAX_AGE_MS, clock });
  const status = createSharedAnswer(parts.status, { maxAgeMs: MAX_AGE_MS, clock });
  const overview = createSharedAnswer(() => parts.overview({ readiness, status }), {
    maxAgeMs: OVERVIEW_MAX_AGE_MS,
    clock,
  });
  return { readiness, status, overview };
}
