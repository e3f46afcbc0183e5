import { Ajv, type AnySchema, type ErrorObject } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { Fault } from "../../domain/faults.ts";

const MAX_OBJECTION = 300;

/**
 * Checks values against a JSON Schema: draft 2020-12 where its `$schema` says so, else draft-07, without formats. The
 * check returns the first error. Throws a Fault for an invalid schema.
 */
export function createSchemaCheck(schema: unknown): (value: unknown) => string | undefined {
  const validate = compile(schema);
  return (value) => {
    if (validate(value)) return undefined;
    return describe(validate.errors?.[0]).slice(0, MAX_OBJECTION);
  };
}

function compile(schema: unknown) {
  const options = { strict: false, validateFormats: false, logger: false } as const;
  try {
    if (!isSchema(schema)) throw new Error("a schema is an object or a boolean");
    // An async schema returns a promise, which would accept everything.
    if (typeof schema === "object" && schema["$async"] === true) throw new Error("$async is set");
    const ajv = is2020(schema) ? new Ajv2020(options) : new Ajv(options);
    return ajv.compile(schema);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Fault("configuration", `TAIL_MESSAGE_SCHEMA is no valid JSON Schema: ${why}`);
  }
}

function isSchema(schema: unknown): schema is AnySchema {
  return typeof schema === "boolean" || (typeof schema === "object" && schema !== null);
}

function is2020(schema: AnySchema): boolean {
  return typeof schema === "object" && String(schema["$schema"]).includes("2020-12");
}

function describe(error: ErrorObject | undefined): string {
  if (!error) return "it does not match";
  return `${error.instancePath || "the message"} ${error.message ?? error.keyword}`;
}
