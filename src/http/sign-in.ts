import type { FastifyInstance, FastifyRequest } from "fastify";
import { fieldsOf, PAGE, takeForms } from "./bodies.ts";
import { LINKED } from "./presses.ts";
import { tooManyTries, tryToken } from "./access.ts";
import { html, type Html } from "./html.ts";
import type { Session } from "./session.ts";
import type { TokenTries } from "./token-tries.ts";

/** A form for people: who gives the token gets a cookie. Works without JavaScript. */
export function addSignIn(
  app: FastifyInstance,
  { session, tries }: { session: Session; tries: TokenTries },
): void {
  const open = { open: true };
  takeForms(app);
  const schema = { hide: true };
  app.get("/sign-in", { schema, config: open }, async (request, reply) => {
    const next = new URL(request.url, "http://x").searchParams.get("next");
    return reply.type(PAGE).send(form(localPath(next), ""));
  });
  app.post("/sign-in", { schema, config: open }, async (request, reply) => {
    const given = fieldsOf(request);
    const next = localPath(given.get("next"));
    const shown = tryToken(request, given.get("token") ?? "", { session, tries });
    if (typeof shown === "number") {
      const { message } = tooManyTries(shown);
      request.refusal = message;
      return reply.code(429).header("retry-after", shown).type(PAGE).send(form(next, message));
    }
    if (shown === "wrong") {
      request.refusal = "a wrong token";
      return reply.code(401).type(PAGE).send(form(next, "That is not the token."));
    }
    return reply.header("set-cookie", session.signIn(isByTls(request))).redirect(asLink(next), 303);
  });
  app.post("/sign-out", { schema, config: open }, async (request, reply) =>
    reply
      .header("set-cookie", await session.signOut(request.headers.cookie, isByTls(request)))
      .redirect("/sign-in", 303),
  );
}

/** Told by the proxy; who tells it wrongly only harms himself. */
function isByTls({ headers }: FastifyRequest): boolean {
  return headers["x-forwarded-proto"] === "https";
}

/** A path on this server: `//host` and `/\host` would lead elsewhere. */
function localPath(path: string | null): string {
  return path !== null && /^\/(?![/\\])[\x21-\x7e]{0,1000}$/.test(path) ? path : "/";
}

/** A search that somebody else may have linked to is not begun by signing in. */
function asLink(path: string): string {
  return path.startsWith("/?") ? `${path}&${LINKED}=1` : path;
}

function form(next: string, problem: string): string {
  const said: Html = problem === "" ? html`` : html`<p role="alert" id="problem">${problem}</p>`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>Sign in · log-vectorizer</title>
        <link rel="stylesheet" href="/assets/page.css" />
      </head>
      <body class="sign-in">
        <main>
          <h1>log-vectorizer</h1>
          <form method="post" action="/sign-in">
            <label for="token">Token</label>
            <input
              id="token"
              name="token"
              type="password"
              autocomplete="current-password"
              aria-describedby="about"
              required
              autofocus
            />
            <input type="hidden" name="next" value="${next}" />
            <p id="about">
              The value of HTTP_TOKEN in the service's settings. Where none is set there, the
              service prints the token that it generated when it starts.
            </p>
            ${said}
            <button class="primary">Sign in</button>
          </form>
        </main>
      </body>
    </html> `.html;
}
