//! The words and the heads of harmless values.

/// Words of which harmless values consist: `changeme`, `your-api-key-here`, `X-API-Key`, `client_credentials`. The last
/// ones are `password` in other languages.
pub(super) const ORDINARY: &str = "\
    a access account add address admin administrator algorithm allow amqp an and anonymous any api \
    apikey app application array aud authorization auth authentication aws azure basic bearer body bool boolean bot \
    bucket bytes bytewax cert certificate change changeit changeme char chars client code confirm connection \
    cookie correct credential credentials creds csrf current customer data database date db default deny dev \
    development digest disabled docker dummy email empty enabled encrypted enter env environment event example exists \
    external fake false field file first fixme flow foo bar baz foobar for form from gcp get github gitlab google \
    grant group gssapi guest hash hashed have header here hidden hmac host html http https id in incorrect index \
    insert int integer invalid is it item json jwt kafka kerberos key keys last ldap length level lib list local \
    localhost login manager masked md me message min minio minioadmin missing model mongo mongodb my mysql name new \
    next nil no none not null number oauth object of off oidc old on only openid option optional or order orders org \
    other our page pass passphrase password passwords passwd path payload phone placeholder plain plaintext please port \
    postgres postgresql primary private prod production profile provider public put pw pwd query rabbitmq read \
    redacted redis ref refresh region removed repeat replace request required reset response role root row rs sa saml \
    sample sasl scope scram secret secrets secretref self service session set sha signature simple some sort source ssl \
    staging start state static str string super table test tested testing tests text the this tls to todo token tokens \
    topic true type tbd undefined unknown unset update uri url use user username users uuid value values vault \
    varchar verify version view was with write wrong x xsrf xx xxx xxxx xxxxx xxxxxx xxxxxxxx yes you your z \
    anything ask at be by ignored interactive irrelevant keyring notasecret notused operator prompt provided runtime \
    unused used whatever \
    adgangskode clave contrasena de heslo kennwort mot parola passe passwort salasana senha wachtwoord";

/// Ordinary values that contain digits or are written in one word.
pub(super) const ORDINARY_VALUES: [&str; 18] = [
    "base64",
    "es256",
    "hs256",
    "hs384",
    "hs512",
    "md5",
    "oauth2",
    "rs256",
    "sasl_ssl",
    "scram-sha-256",
    "scram-sha-512",
    "sha-256",
    "sha1",
    "sha256",
    "sha512",
    "utf-8",
    "utf8",
    "x509",
];
/// Heads of values that refer to a secret, or that are an encrypted or hashed one.
pub(super) const REFERENCES: [&str; 24] = [
    "$2a$",
    "$2b$",
    "$2y$",
    "$argon2",
    "$pbkdf2",
    "$scrypt",
    "ENC(",
    "ENC[",
    "arn:",
    "awssm:",
    "bcrypt:",
    "env:",
    "file:",
    "gcpsm:",
    "k8s:",
    "op://",
    "projects/",
    "ref+",
    "sealed:",
    "secretref:",
    "sops:",
    "ssm:",
    "vault:",
    "varchar(",
];
/// Words that can remain beside a placeholder, as in `Bearer {token}`.
pub(super) const BESIDE_PLACEHOLDERS: [&str; 8] = [
    "apikey", "basic", "bearer", "bot", "key", "password", "splunk", "token",
];
/// Extensions of files with secrets or settings.
pub(super) const FILES: [&str; 17] = [
    "cfg",
    "conf",
    "crt",
    "env",
    "ini",
    "jks",
    "json",
    "key",
    "p12",
    "pem",
    "pfx",
    "properties",
    "pub",
    "toml",
    "txt",
    "yaml",
    "yml",
];
