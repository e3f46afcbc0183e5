import type { FastifyInstance, FastifyRequest } from "fastify";

/** Lets the routes of this scope take what a form sends. */
export function takeForms(app: FastifyInstance): void {
  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string", bodyLimit: 4096 },
    (_request, body, done) => done(null, new URLSearchParams(String(body))),
  );
}

/** The fields of a form; none where something else was sent. */
export function fieldsOf({ body }: FastifyRequest): URLSearchParams {
  return body instanceof URLSearchParams ? body : new URLSearchParams();
}

/** HTML in UTF-8. */
export const PAGE = "text/html; charset=utf-8";
