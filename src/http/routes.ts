import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { problemShape } from "./problem.ts";

/** A server whose routes are typed by their zod schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** The refusals that a route may answer with, for its schema. */
export function refusals(...statuses: number[]) {
  const problem = {
    description: "Refused",
    content: { "application/problem+json": { schema: problemShape } },
  };
  return Object.fromEntries(statuses.map((status) => [status, problem]));
}
