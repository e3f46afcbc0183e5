/**
 * How much a name says about its value. `password`: secret unless plainly harmless; `secret`: secret where assigned,
 * else where it looks generated; `token`: where it looks generated; `code`: digits; `none`.
 */
export type NameKind = "password" | "secret" | "token" | "code" | "none";

const set = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Words that describe the value, not another thing. */
const NEUTRAL = set(`
value val plain plaintext clear cleartext text raw string str base64 b64 enc encrypted encoded hash hashed digest confirm
confirmed confirmation repeat again verify verification new old current input data env var base hex bytes attempted used
given sent provided actual expected real orig original prev previous dev prod staging test live primary secondary`);

/** Words for things around a secret that are none. */
const META = set(`
file files filename path paths dir directory folder location name names type types url uri endpoint link page id ids
identifier length len size count counter limit policy policies strength score field fields column param parameter prompt
label placeholder hint help message error errors status state reason code format pattern regex version algorithm alg algo
expiry expires expiration expired age ttl lifetime timeout at on date time timestamp created updated changed ref reference
refs arn store provider providers manager service services server handler validator validation encoder encoders decoder
filter factory builder generator helper util utils utility test tests spec reset recovery required enabled disabled
allowed valid invalid missing supported rotation rotate policy index idx attempts retries tries usage kind mode class
config configuration settings options option source prefix suffix min max budget budgets tokens rule rules set schema
template volume mount mounts controller screen view form dialog button cache resolver scope scopes audience issuer
subject fingerprint thumbprint serial owner user users tracker listener
client server worker thread pool queue cleaner monitor registry repository repo dao entity dto model exception interceptor
middleware plugin module component renewer scheduler task job runner executor adapter wrapper proxy bean node
interface impl initializer checker parser reader writer watcher agent bucket buckets affinity`);

const PASSWORDS = set(`
password passwd passwrd passwort kennwort passphrase passcode pwd pswd contrasena senha wachtwoord passworter kennworter losenord requirepass
mnemonic psk passw pword passwords motdepasse geheimwort mdp einmalpasswort`);
const PASSWORD_END =
  /(?:password|passwd|passwort|kennwort|passphrase|passcode|contrasena|pwd|pswd)$/;
const LONE_PASS =
  /^(?:db|user|usr|my|root|admin|smtp|mysql|pg|ftp|sftp|redis|rabbit|mq|ldap|sql|mail|key|trust|store|keystore|truststore|http|https|proxy|svc|sudo|login|auth|app|api|wifi|vpn|ssh|jdbc|new|old|basic|master|default|bind|mongo|kafka|os|es|elastic|oracle|postgres|imap|pop|snmp|cert|pfx|p12|jks|tmp|temp|guest|host|remote|server|client|service|test|backup|rpc|web|git|svn|nexus)(?:pass|pw)$/;
/** "first pass", "second pass". */
const OTHER_PASS = set(
  "first second third single multi two one last next render by low high test build lint full fail",
);

const SECRETS = set(
  "secret secrets secreto secreta geheimnis segredo clave parola haslo sifre heslo salt pepper sharedsecret",
);
const SECRET_OWNERS = set(`
client app application shared consumer api jwt webhook oauth oauth2 cookie session signing sign hmac totp mfa otp token
auth bot user master root aws azure gcp stripe slack github secret google facebook twitter key access service csrf hash
encryption decryption refresh account clave`);

const KEY_OWNERS_PLAIN = set(`
api access auth authentication authorization subscription server app application consumer function functions license
licence session integration ingest ingestion write admin client webhook service hook stripe openai anthropic sendgrid
mailgun maps google aws azure gcp github gitlab datadog dd newrelic relic twilio sentry fcm push device deploy
instrumentation security x account user project developer host instance admin product activation merchant publishable
vault crypto wpa wep wifi network bot cloud tenant team org organization provider embedding llm model cohere mistral
gemini huggingface pinecone algolia elastic search`);
const KEY_OWNERS_SECRET = set(`
secret private encryption encrypt encrypting decryption decrypt signing sign signature master shared storage account ssh
ssl tls pgp gpg aes rsa hmac jwt cipher crypt data root preshared wrapping kek dek symmetric ed25519 ecdsa dsa
stamp keystore age seal unseal fernet`);
const JOINED_KEY =
  /(?:(api|access|auth|app|subscription|consumer|license|session|server|ssh|function|stripe|openai|azure|google|maps)|(secret|private|encryption|master|signing|shared|account|storage))keys?$/;

const TOKENS = set(`
token tokens jwt bearer session sessionid sid jsessionid phpsessid sessid cookie csrf xsrf csrftoken auth credential
credentials creds signature sig assertion apitoken authtoken accesstoken samlresponse samlrequest kek dek hmac ticket tgt
authorization apikey pat ssn jeton credencial credenciales zugangsdaten schlussel schluessel chave szam cookies setcookie
passkey aspsessionid laravelsession connectsid auths oauth macaroon otk sas`);
/** Words of pages, parsers and threads. */
const OTHER_TOKENS = set(`
next page continuation pagination cursor cancellation cancel sync resume change unexpected invalid start last prev max min
total prompt completion input output lexer parser syntax end eof current expected count num number used remaining
idempotency request dedup deduplication partition sort primary foreign public cache routing`);

/** Geheimschlüssel, folded. */
const SECRET_KEY =
  /^(?:geheim|privat|verschlue?sselungs|zugriffs|zugangs|sitzungs|signatur)schlue?ssel$/;
/** código de verificación, code_verification, Bestätigungscode */
const CODE_FOR = set(`
verificacion verificacao verification seguridad seguranca securite confirmacion confirmacao confirmation acceso acesso
autenticacion autenticacao`);
const JOINED_CODE =
  /^(?:bestatigungs|bestaetigungs|sicherheits|verifizierungs|einmal|zugangs|freigabe)codes?$/;

const CODES = set("pin otp totp mfa 2fa cvv cvc cvv2 passcode tan puk");
const CODE_OWNERS = set(`
verification otp mfa 2fa sms security auth authorization access recovery backup pin login onetime time confirmation
pass activation reset device invite passcode`);

const KNOWN = new Map<string, NameKind>();
const MOST_KNOWN = 2000;

/** Splits camelCase, snake_case, dots, hyphens and blanks. */
export function kindOf(name: string): NameKind {
  let kind = KNOWN.get(name);
  if (kind === undefined) {
    kind = judge(wordsOf(name));
    if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
    KNOWN.set(name, kind);
  }
  return kind;
}

/** Lower case, without trailing digits. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d\u0080-\uffff]+/)
    .filter((word) => word !== "")
    .map((word) =>
      /^(?:oauth2|cvv2|2fa)$/.test(word) ? word : word.replace(/(?<=\D)\d{1,4}$/, ""),
    );
}

function judge(all: readonly string[]): NameKind {
  const words = all.slice(-8);
  while (
    words.length > 1 &&
    (NEUTRAL.has(words.at(-1) ?? "") || /^\d+$/.test(words.at(-1) ?? ""))
  ) {
    words.pop();
  }
  const direct = ofLast(words);
  if (direct !== "none") return direct;
  const last = words.at(-1) ?? "";
  if (last === "id" && words.length > 1) {
    // Vault's secret_id and a session's id are credentials themselves.
    return /^(?:secret|session|sess|token|sessions)$/.test(words.at(-2) ?? "") ? "token" : "none";
  }
  if (words.length < 2 || META.has(last)) return "none";
  // DB_PASSWORD_ORDERS, TOKEN_GITHUB: the word after it names its owner.
  const inner = words.slice(0, -1).some((_, i) => {
    const kind = ofLast(words.slice(0, i + 1));
    return kind === "password" || kind === "secret" || kind === "token";
  });
  return inner ? "token" : "none";
}

function ofLast(words: readonly string[]): NameKind {
  const last = words.at(-1) ?? "";
  const before = words.at(-2) ?? "";
  const earlier = words.at(-3) ?? "";
  if (PASSWORDS.has(last) || PASSWORD_END.test(last) || LONE_PASS.test(last)) return "password";
  if (last === "pass" || last === "pw") {
    if (before === "") return "secret";
    return OTHER_PASS.has(before) ? "none" : "password";
  }
  if (last === "phrase" && /^(?:pass|seed|recovery|secret|mnemonic|backup)$/.test(before))
    return "password";
  if (last === "passe" && before === "de") return "password";
  if (last === "word" && before === "pass") return "password";
  if (CODES.has(last) || JOINED_CODE.test(last)) return "code";
  if (CODE_FOR.has(last) && /^(?:codigo|code)$/.test(before === "de" ? earlier : before))
    return "code";
  if (SECRET_KEY.test(last)) return "secret";
  if (last === "code" || last === "codes") return CODE_OWNERS.has(before) ? "code" : "none";
  if (SECRETS.has(last)) return SECRET_OWNERS.has(before) ? "password" : "secret";
  if (last.endsWith("secret") && last.length < 24) return "password";
  if (last === "verifier" && before === "code") return "token";
  if (before === "saml" && /^(?:response|request|assertion)$/.test(last)) return "token";
  if (last === "key" || last === "keys") return ofKey(before, earlier);
  const joined = JOINED_KEY.exec(last);
  if (joined) return joined[1] === undefined ? "secret" : "token";
  if (OTHER_TOKENS.has(before) && /^(?:tokens?|keys?|session)$/.test(last)) return "none";
  if (TOKENS.has(last) || /(?:token|sessionid|credentials?)$/.test(last)) return "token";
  return "none";
}

function ofKey(before: string, earlier: string): NameKind {
  if (before === "access" && earlier === "secret") return "secret";
  if (KEY_OWNERS_SECRET.has(before) || (before === "key" && KEY_OWNERS_SECRET.has(earlier))) {
    return "secret";
  }
  return KEY_OWNERS_PLAIN.has(before) ? "token" : "none";
}
