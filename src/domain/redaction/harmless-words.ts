/** Words after "password:" that are no secret: states, verbs of rules, types, small words. */
const STATES = `
absent accepted access active allowed already ambiguous attempt bad blank blocked cannot changed checked correct corrupt
corrupted could decoded decryption defined denied deprecated detected did different disabled disallowed does doesn doesnt
didnt didn dont don duplicate duplicated empty enabled encrypted ended entered error exceeded existed exists expected
expired expires expiring failed failing failure false forbidden forgotten format found generated good granted guessed has
hashed hidden ignored illegal inactive incomplete incorrect incorrectly ineligible insecure insufficient invalid
invalidated is isn isnt issue its known leaked length limited locked lost malformed manual masked match matched matches
mismatch mismatched missing must mandatory needed needs never no none normal not nothing null ok okay old omitted on off done
only optional outdated pending present problem prohibited protected provided quota read received recognized refused
rejected removed renewed replaced required requires reset resolved retired reused revoked rotated rotating rotation same
scrambled sealed secure sent set shall short should skipped stale strong stored success successful successfully supplied
suspended taken tampered temporary too true truncated unable unauthenticated unauthorized unavailable unchanged undefined
unencrypted unexpected unknown unprotected unreadable unrecognized unresolved unsafe unset unspecified unsupported
unverified unusable updated updating usage used using valid validated validation verified violation waiting was wasn wasnt
weak were will with without won wont would wrong yes yet confirmed unconfirmed refreshed refreshing loading loaded
initialized initializing timeout timed creating created deleted deleting redacted filtered obscured sanitized concealed
removed omitted confidential encrypted censored lookup parse parsing exception decode decoding decrypt
mapped mounted unmounted synced syncing failing destroyed terminated inherited unauthorised n na nil nan void any unknown
hide show mask unmodified prompt prompting interactive unlimited deny allow permit permitted reject`;

const SMALL = `
a about after again all also am an and another are as at be because been before being between both but by can cant check
contact contains retype reenter type do each either enter ensure every fetch for from get give given go had have he her here his how i if in
into it let like login longer make many may might minimum maximum min max more most my need neither new nor now of one or
our out over own per please provide retry see she since so some specify still such supply than that the their them then
there these they this those through to try two under unless until up use verify via want we what when where whether which
while who whose why you your`;

const THINGS = `
account algorithm api application argument array attribute auth authentication authorization authorized backend base64
basic bearer binary body bool boolean browser byte bytes cache case certificate char character characters chars client
column configuration config connection content cookie count credential credentials data database date days default digits
device domain email entry env environment expiry expiration field file files flag float form group handshake hash header
host hours id identifier identity index input int integer json key keys keystore kind label letters level limit list
mailbox manager member message method minutes mode model name node number numbers object operation option options page
param parameter parameters path permission permissions plugin policy position profile property protocol provider
publickey query reason record request resource response result role rule rules schema scope seconds secret secrets server
service session size source spaces state status str string strings structure symbol system table tag target template text
tls token tokens type uint unit url user username users uuid uri value values varchar version words
digest negotiate ntlm kerberos hmac mac oauth oauth2 saml ldap sha1 sha256 sha384 sha512 md5 bcrypt scrypt argon2 argon2id
pbkdf2 aes rsa ecdsa ed25519 hs256 hs384 hs512 rs256 rs384 rs512 es256 es384 ps256 eddsa aes128 aes256 des3 utf8 ascii
gzip plain plaintext jwt jws pem der x509 pkcs8 pkcs12 jks ssh gssapi`;

const OTHER_LANGUAGES = `
falsch ungultig abgelaufen fehlt fehlend leer gesperrt erforderlich unbekannt nicht ist wurde muss kein keine ungueltig
inkorrekt richtig geandert zu abgelehnt verweigert unzulassig
incorrecta incorrecto invalida invalido invalidos vencida vencido expirada expirado requerida requerido obligatoria
obligatorio vacia vacio bloqueada erronea erroneo desconocida desconocido primaria foranea duplicada duplicado errada
incorreta no debe es fue falta muy rechazada denegada
incorrect invalide expire manquant requis vide errone obligatoire est non mauvais scaduta scaduto errata sbagliata
mancante richiesta obbligatoria nevernyi onjuist ongeldig verlopen`;

const words = (text: string) => text.trim().split(/\s+/);

/** In lower case, without accents. */
export const HARMLESS_WORDS: ReadonlySet<string> = new Set(
  [STATES, SMALL, THINGS, OTHER_LANGUAGES].flatMap(words),
);

/** Small words that make a sentence. */
export const SMALL_WORDS: ReadonlySet<string> = new Set([
  ...words(SMALL),
  ...words("is was were has not no must cannot could should did does with without will"),
]);
