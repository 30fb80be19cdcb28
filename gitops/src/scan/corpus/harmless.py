import os, getpass, hashlib
password = os.environ["DB_PASSWORD"]
password = os.environ.get("DB_PASSWORD")
api_key = os.getenv("API_KEY", "")
token = os.getenv("GITHUB_TOKEN", None)
secret = config["secret"]
secret_key = settings.SECRET_KEY
password = getpass.getpass("Password: ")
password = input("Enter the password: ")
password: str
password: Optional[str] = None
api_key: SecretStr = Field(..., alias="API_KEY")
token: str = Field(default="", description="The token of the broker")
def connect(host: str, user: str, password: str) -> None:
def connect(host, password=None, token=""):
conn = connect(host, password=password, token=self.token)
self.password = password
self._token = token or self.default_token
if not password:
if password is None or token == "":
raise ValueError("password must not be empty")
raise ValueError("API_KEY is not set: export API_KEY=... first")
log.info("token expires in %s seconds", ttl)
log.debug(f"password: {password!r}")
print("Enter password:")
print(f"Authorization: Bearer {token}")
headers = {"Authorization": f"Bearer {token}"}
headers = {"Authorization": "Bearer " + token}
headers = {"X-API-Key": api_key}
headers["X-Auth-Token"] = token
auth = ("user", password)
auth = HTTPBasicAuth(user, password)
PASSWORD_FIELD = "password"
TOKEN_ENDPOINT = "https://login.example.com/oauth/token"
TOKEN_URL = "https://auth.shop.net/realms/shop/protocol/openid-connect/token"
TOKEN_HEADER = "X-Auth-Token"
SECRET_NAME = "orders-db-credentials-v2"
secret_name = "prod/orders/database"
SECRET_PATH = "/run/secrets/db"
password_file = "/etc/orders/password"
password_hash = "pbkdf2:sha256:260000"
password_policy = "min-length-12-with-digits"
PASSWORD_MIN_LENGTH = 123456
grant_type = "client_credentials"
params = {"grant_type": "client_credentials", "scope": "openid profile"}
conf = {"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512"}
conf = {"sasl.username": os.environ["USER"], "sasl.password": os.environ["PASSWORD"]}
conf["sasl.password"] = os.environ["SASL_PASSWORD"]
SASL_PASSWORD = "changeme"
POSTGRES_PASSWORD = "postgres"
DB_PASSWORD = "password"
EXAMPLE_TOKEN = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
API_KEY = "your-api-key-here"
API_KEY = "<your api key>"
API_KEY = "YOUR_API_KEY"
OPENAI_API_KEY = "sk-..."
api_key = "${API_KEY}"
password = "{{ db_password }}"
password = "%(db_password)s"
URL = os.getenv("DATABASE_URL", "postgresql://postgres:postgres@localhost:5432/app")
URL = "amqp://guest:guest@localhost:5672//"
URL = "redis://localhost:6379/0"
URL = "redis://:password@redis:6379/0"
URL = "mongodb://root:example@mongo:27017/"
URL = f"postgresql://{user}:{password}@{host}/{name}"
URL = "postgresql://{}:{}@{}/app".format(user, password, host)
URL = "postgresql://%s:%s@%s/app" % (user, password, host)
URL = "postgres://app:${DB_PASSWORD}@db.shop.net/orders"
# redis://user:password@host:6379/0
# postgresql+psycopg://scott:tiger@localhost:5432/mydatabase
"""Example: mongodb://<user>:<password>@cluster0.example.net"""
# TODO: read the password from Vault
# the token is refreshed every hour
# password: the password of the database user
# token: str, the token of the API
# set DB_PASSWORD and API_KEY in the environment first
# export DB_PASSWORD=$(pass show orders/db)
# call it with token=<token> and secret=<secret>
# connect(password=password, token=get_token())
tokens = text.split()
tokens = tokenizer("hello world", return_tensors="pt")
tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")
max_tokens = 4096
MAX_TOKENS = 200000
token_count = len(tokens)
token_ids = [101, 7592, 2088, 102]
eos_token = "<|endoftext|>"
pad_token = "[PAD]"
special_tokens = {"bos_token": "<s>", "unk_token": "<unk>"}
next_page_token = response.get("nextPageToken")
next_page_token = "abc123def456ghi789"
record = {"token": "The", "pos": "DT"}
for token in tokens:
counts = op.count_window("tokens", words, clock, windower, lambda token: token)
partition_key = "user_id"
primary_key = "id"
sort_key = "created_at#2024-01-01"
KEY_BY = "customer_id"
routing_key = "orders.created.v2"
cache_key = f"orders:{order_id}:v2"
cache_key = "orders:v2:1234567890abcdef"
foreign_key = "orders.customer_id"
key = "a1b2c3d4e5f6a7b8c9d0"
key = lambda item: item["key"]
keyspace = "orders_v2"
keyed = op.key_on("key", stream, lambda order: order["customer"])
keyed = op.map("key", stream, lambda msg: (msg["key"], msg["value"]))
public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGx8Kd9fLq2Ws7Vb3Nz1Yt4Rp6Tm8Hc5Jd0Fg2Ek9"
STRIPE_PUBLISHABLE = "pk_live_51x8Kd9fLq2Ws7Vb3Nz1Yt"
passenger = "Ann Example 2"
passengers_per_flight = 180
passthrough = ["a1", "b2"]
first_pass = "2024-01-01T00:00:00Z"
bypass = "v1beta1-2024"
compass = "N52E13W0"
author = "Ann Example <ann@example.com>"
__author__ = "Ann Example 2024"
authority = "https://login.example.com/0123456789abcdef"
authors = ["Ann1", "Bob2"]
auth_type = "basic"
AUTH_MECHANISM = "SCRAM-SHA-256"
sha = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
commit = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
image = "bytewax@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
etag = hashlib.md5(b"orders").hexdigest()
order_id = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
flow = Dataflow("orders")
stream = op.input("in", flow, KafkaSource(brokers=["kafka:9092"], topics=["orders"]))
stream = op.map("parse_token", stream, parse_token)
op.output("out", stream, KafkaSink(["kafka:9092"], "orders", add_config=conf))
PEM_HEAD = "-----BEGIN PRIVATE KEY-----"
if pem.startswith("-----BEGIN RSA PRIVATE KEY-----"):
pattern = re.compile(r"password=(\S+)")
pattern = re.compile(r"AKIA[0-9A-Z]{16}")
text = re.sub(r"token=[^&]+", "token=***", text)
fields = ["user", "password", "email", "token"]
columns = {"password": "varchar(255)", "token": "text"}
secret = secrets.token_hex(32)
secret = secrets.token_urlsafe()
password = "".join(random.choices(string.ascii_letters, k=12))
password = hashlib.sha256(b"x").hexdigest()
token = jwt.encode({"sub": "orders"}, key, algorithm="HS256")
token = client.get_token("https://management.azure.com/.default")
credentials = Credentials.from_service_account_file("key.json")
credentials = service_account.Credentials.from_file(os.environ["GOOGLE_APPLICATION_CREDENTIALS"])
secret = client.get_secret_value(SecretId="prod/orders/db")["SecretString"]
parser.add_argument("--password", help="The password of the database")
parser.add_argument("--token", type=str, default=None)
parser.add_argument("--api-key", default=os.environ.get("API_KEY"))
assert response.json()["token"] == expected_token
mock_token = "test-token"
password_hasher = "argon2"
password_hasher = "bcrypt_sha256"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
pwd_context = CryptContext(schemes=["argon2", "bcrypt"])
password_scheme = "pbkdf2_sha256"
labels = {"password": "Passwort"}
labels = {"password": "Contraseña"}
labels = {"password": "Пароль"}
labels = {"password": "Wachtwoord", "api_key": "API-Schlüssel"}
label_password = "Mot de passe"
password = "unused"
password = "change-me"
password = "not-used"
password = "ignored"
password = "set-by-operator"
password = "provided-at-runtime"
password_env = "DB_PASSWORD"
password_var = "ORDERS_DB_PASSWORD"
PASSWORD_ENV = "DB_PASSWORD_2"
token_key = "access_token"
password_key = "db_password2"
API_KEY_HEADER = "X-Api-Key"
SECRET_KEY_ENV = "ORDERS_SECRET_KEY"
password = os.environ["ORDERS_DB_PASSWORD_2"]
password = get_secret("orders-db-2", "key2")
password = keyring.get_password("orders", "app2")
password = dbutils.secrets.get("scope1", "key2")
password = vault.read("secret/orders2")["data"]
password = Path("/run/secrets/db2").read_text()
password = open("secrets/db2.txt").read()
password_regex = "^[a-zA-Z0-9]{8,}$"
PASSWORD_RE = re.compile(r"^.{8,64}$")
password_file = "/run/secrets/x"
password_file = "secrets/db2.txt"
private_key = "keys/server2.pem"
private_key_path = "~/.ssh/id_rsa2"
max_tokens = 512
token_limit = 1000000
tokens_per_minute = 90000
tokenizer = "bert-base"
rows.sort(key="id")
op.key_on("key2", stream, lambda order: order["customer"])
session_id = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
SQL = "SELECT name FROM users WHERE password = %s"
SQL = "INSERT INTO users (name, password) VALUES (%s, %s)"
SQL = "INSERT INTO users (name, password) VALUES (:name, :password)"
SQL = "UPDATE users SET password = ? WHERE id = ?"
if password == other_password:
if "password" in conf:
if "token" == kind:
if kind == "password":
if "" == password:
if password in seen_passwords:
assert hmac.compare_digest(password, expected)
assert hmac.compare_digest(digest, "sha256=" + signature)
password += "!"
password += random.choice("abcdefghij0123456789")
click.option("--password", prompt="Password 2")
parser.add_argument("--token", help="Token, see https://x.net/v2")
parser.add_argument("--password-file", default="/run/secrets/db2")
run(["curl", "-u", f"{user}:{password}", url])
run(["psql", "-p", "5432"])
get(url, auth="basic", user="ann2")
os.environ["GITHUB_TOKEN"] = token
os.environ.get("GITHUB_TOKEN", "not-set")
SENSITIVE_KEYS = {"password", "api_key", "token2"}
SECRET_FIELDS = ["db_pass1", "db_pass2"]
password_keys = ["password", "passwd", "pwd2"]
