import type { FastifyInstance, FastifyRequest } from "fastify";
import { Refused } from "./problem.ts";

/**
 * A request without a body is one whatever type or length its client names for it. Where a route describes a body it
 * gets an empty object, so that its own answer says which field is missing.
 */
export function takeBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.removeContentTypeParser("text/plain");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    const text = String(body);
    if (text.trim() === "") done(null, undefined);
    else void parseJson(request, text, done);
  });
  app.addContentTypeParser("*", (_request, payload, done) => {
    const isEmpty = () => done(null, undefined);
    payload.once("data", () => {
      payload.off("end", isEmpty).resume();
      done(new Refused(415, "Send JSON, as application/json."));
    });
    payload.once("end", isEmpty).once("error", done);
  });
  app.addHook("preValidation", async (request) => {
    if (request.routeOptions.schema?.body !== undefined) request.body ??= {};
  });
}

/** Lets the routes of this scope take what a form sends, `maxBytes` of it at most. */
export function takeForms(app: FastifyInstance, maxBytes = 4096): void {
  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string", bodyLimit: maxBytes },
    (_request, body, done) => done(null, new URLSearchParams(String(body))),
  );
}

/** The fields of a form; none where something else was sent. */
export function fieldsOf({ body }: FastifyRequest): URLSearchParams {
  return body instanceof URLSearchParams ? body : new URLSearchParams();
}

/** HTML in UTF-8. */
export const PAGE = "text/html; charset=utf-8";
