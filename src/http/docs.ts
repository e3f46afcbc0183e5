import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import type { App } from "./routes.ts";

/** Collects the routes that are added after it. */
export async function addOpenApi(
  app: App,
  { version, needsToken }: { version: string; needsToken: boolean },
): Promise<void> {
  const token = { token: { type: "http" as const, scheme: "bearer" } };
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "log-vectorizer",
        version,
        description: "State of one process, and what can be asked of it.",
      },
      ...(needsToken ? { components: { securitySchemes: token }, security: [{ token: [] }] } : {}),
    },
    transform: jsonSchemaTransform,
  });
}

/** The one style that the page of swagger-ui carries in itself. */
const INLINE_STYLE = "'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='";

/** The document made of the routes' schemas, and a page of it; after all other routes. */
export async function addDocs(app: App): Promise<void> {
  app.get("/openapi.json", { schema: { hide: true } }, async (_request, reply) =>
    reply.type("application/json; charset=utf-8").send(JSON.stringify(app.swagger())),
  );
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    uiConfig: { docExpansion: "list", validatorUrl: null },
    theme: { title: "log-vectorizer API" },
    transformStaticCSP: (policy) => policy.replace("style-src ", `style-src ${INLINE_STYLE} `),
  });
}
