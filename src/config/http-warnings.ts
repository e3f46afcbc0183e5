import { isLoopback, type HttpConfig } from "./http-config.ts";

/** 22 characters of 64 have 128 bits. */
const ENOUGH_CHARACTERS = 22;
/** 22 random hex digits have fewer different ones about once in a thousand times. */
const ENOUGH_DIFFERENT = 8;
/** Words in example tokens and invented ones. */
const WORDS =
  /change|example|password|passwort|secret|token|replace|your|admin|qwerty|letmein|12345|abcde/i;

const MAKE_ONE = "make one that is not: openssl rand -hex 24";

/** Warnings about access to the HTTP server. */
export function httpWarnings(http: HttpConfig | undefined): string[] {
  if (!http) return [];
  const { host, token, trustedProxies } = http;
  const isReached = !isLoopback(host);
  const weakness = token === undefined ? undefined : weaknessOf(token);
  return [
    ...(weakness === undefined
      ? []
      : [
          `HTTP_TOKEN ${weakness}, so it may be guessed; ${MAKE_ONE}${
            isReached
              ? ". From the next major version on it is refused where HTTP_HOST is not a loopback address"
              : ""
          }`,
        ]),
    ...(isReached && trustedProxies.length === 0
      ? [
          `HTTP_HOST ${host} is served over plain HTTP: anyone on the network path can read the token and all that is shown. ` +
            "Put a proxy with TLS before it, and name that in TRUSTED_PROXIES",
        ]
      : []),
  ];
}

function weaknessOf(token: string): string | undefined {
  if (WORDS.test(token)) return "is made of words or looks like an example's";
  if (token.length < ENOUGH_CHARACTERS) return `has fewer than ${ENOUGH_CHARACTERS} characters`;
  const different = new Set(token).size;
  return different < ENOUGH_DIFFERENT ? `has only ${different} different characters` : undefined;
}
