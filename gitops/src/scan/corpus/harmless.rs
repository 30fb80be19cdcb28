//! Harmless texts of several lines, or in other files than programs. They resemble places of secrets.

/// Files and texts without secrets.
pub(super) const TEXTS: &[(&str, &str)] = &[
    (
        "data.csv",
        "text,token_count,password_length\nhello,1234567,12\n",
    ),
    ("data.csv", "token,pos\nrunning,VERB\ninternational,ADJ\n"),
    (
        "data.csv",
        "user,password_hash\nann,$2b$12$x8Kd9fLq2Ws7Vb3Nz1Yt4u\n",
    ),
    (
        "data.csv",
        "id,session,clicks\n1,3f2504e04f8911d39a0c0305e82c3301,3\n",
    ),
    ("data.csv", "user,password\nann,\nbob,changeme\n"),
    ("data.csv", "passenger,ticket\nAnn Example,A1B2C3D4\n"),
    ("data.tsv", "key\tvalue\norders-1\tx8Kd9fLq2Ws7\n"),
    (
        "data.csv",
        "setting,value\nLEVEL,debug2\nPARTITION_KEY,user_id_v2\n",
    ),
    (
        "schema.xml",
        "<xs:element name=\"password\" type=\"xs:string\" minOccurs=\"1\"/>\n",
    ),
    (
        "schema.xml",
        "<xs:element name=\"password\">\n  <xs:simpleType>\n",
    ),
    (
        "schema.xml",
        "<xs:documentation>The password has 8 characters</xs:documentation>\n",
    ),
    ("conf.xml", "<password>${db.password}</password>\n"),
    (
        "conf.xml",
        "<property name=\"password\" value=\"${DB_PASSWORD}\"/>\n",
    ),
    ("conf.xml", "<name>password</name><value></value>\n"),
    ("conf.xml", "<password-policy>min-12</password-policy>\n"),
    ("index.html", "<label for=\"password\">Password</label>\n"),
    (
        "index.html",
        "<input type=\"password\" name=\"password\" placeholder=\"8 characters\">\n",
    ),
    ("flow.py", "fields = (\"password_field\", \"name\")\n"),
    (
        "flow.py",
        "columns = [(\"password\", \"varchar(255)\"), (\"token\", \"text\")]\n",
    ),
    (
        "flow.py",
        "choices = [(\"password\", \"Password\"), (\"token\", \"Token\")]\n",
    ),
    (
        "flow.py",
        "labels = {\"password\": \"Your password\", \"api_key\": \"Your API key\"}\n",
    ),
    (
        "flow.py",
        "required = (\n    \"user\",\n    \"password\",\n    \"email\",\n)\n",
    ),
    ("flow.py", "user, password = load_credentials('orders')\n"),
    (
        "flow.py",
        "user, password = os.environ['USER'], os.environ['DB_PASSWORD']\n",
    ),
    ("flow.py", "for user, password in zip(users, passwords):\n"),
    (
        "flow.py",
        "row = dict(zip(['id', 'token_count'], ['a1', 'b2c3d4e5']))\n",
    ),
    (
        "flow.py",
        "raise ValueError('the password '\n                 'must have 8 characters')\n",
    ),
    (
        "flow.py",
        "help = ('The API key of the service, '\n        'see https://docs.shop.net/auth/v2')\n",
    ),
    (
        "flow.py",
        "url = 'postgres://app:' + password + '@db.shop.net/orders'\n",
    ),
    (
        "flow.py",
        "url = ''.join(['postgres://', user, ':', password, '@db/x'])\n",
    ),
    ("flow.py", "topic = 'orders-' + 'token-events-' + 'v2'\n"),
    ("flow.py", "path = '/'.join(['secrets', 'orders', 'v2'])\n"),
    ("flow.py", "token = f\"{prefix}-{user}\"\n"),
    ("flow.py", "password = f\"{os.environ['DB_PASSWORD']}\"\n"),
    (
        "flow.py",
        "'''\nArgs:\n    password: the password of the database\n    token: str, see version 2\n'''\n",
    ),
    (
        "flow.py",
        "CONF = '''\nuser: app\npassword: ${DB_PASSWORD}\n'''\n",
    ),
    (
        "flow.py",
        "api_key: SecretStr = Field(alias=\"OPENAI_API_KEY\", description=\"The key of v2\")\n",
    ),
    (
        "flow.py",
        "icon = \"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==\"\n",
    ),
    (
        "flow.py",
        "text = b64decode('VGhpcyBpcyBhIHRleHQgd2l0aG91dCBhbnkgc2VjcmV0cw==')\n",
    ),
    (
        "flow.py",
        "sha = 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='\n",
    ),
    (
        "flow.py",
        "ids = ['3f2504e0-4f89-11d3-9a0c-0305e82c3301', '9f86d081884c7d659a2feaa0c55ad015']\n",
    ),
    (
        "conf.yaml",
        "data:\n  icon: iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk\n",
    ),
    (
        "conf.yaml",
        "kind: ConfigMap\ndata:\n  app.conf: bGV2ZWw9ZGVidWcKdG9waWM9b3JkZXJz\n",
    ),
    (
        "conf.yaml",
        "kind: SealedSecret\nspec:\n  encryptedData:\n    password: ENC[AgBvA8Kd9fLq2Ws7Vb3Nz1Yt]\n",
    ),
    (
        "conf.yaml",
        "image:\n  repository: registry.shop.net:5000/team/flow\n  tag: 0.21.1-python3.11\n",
    ),
    (
        "conf.yaml",
        "image: bytewax/bytewax:0.21.1@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n",
    ),
    (
        "conf.yaml",
        "labels:\n  shop.net/owner: team-2\n  contact: mailto.ann.at.shop.net\n",
    ),
    ("run.sh", "export DB_PASSWORD=\"$(cat /run/secrets/db)\"\n"),
    (
        "run.sh",
        "mysql -u app -p\"$DB_PASSWORD\" orders < schema2.sql\n",
    ),
    (
        "run.sh",
        "redis-cli -p 6379 --scan\nssh -p 2222 app@host2\n",
    ),
    ("run.sh", "IFS=$'\\n\\t'\n"),
    (
        "Dockerfile",
        "ENV TOKENIZERS_PARALLELISM false\nARG DB_PASSWORD\n",
    ),
    (
        "README.md",
        "| variable | meaning |\n|---|---|\n| DB_PASSWORD | password of the 2 databases |\n| API_KEY | key |\n",
    ),
    (
        "README.md",
        "| name | value |\n|---|---|\n| DB_PASSWORD | from the Secret |\n",
    ),
    (
        "README.md",
        "The password sha256 digests are replaced by argon2id ones in v2.\n",
    ),
    ("README.md", "The API key: see chapter 2.\n"),
    ("message", "Rotate the password of the database"),
    ("message", "Hash password argon2id instead of bcrypt"),
    ("message", "Read the token from orders-secrets, see #1234"),
    ("message", "Fix password RFC7617 encoding"),
    ("message", "Rename secret orders-db-2 to orders-db-3"),
    ("message", "Set max_tokens 4096 and pass v1beta1 ids"),
    (
        "message",
        "Take image bytewax/bytewax:0.21.1-python3.12, see 3f2504e",
    ),
    ("branch", "rotate-password-2"),
    ("branch", "feature/SHOP-1234-api-key-v2"),
    ("branch", "renovate/bytewax-0.21.x"),
    (
        "package-lock.json",
        "{\n  \"token-types\": {\n    \"integrity\": \"sha512-6udB24Q737UD/SDsKAHI9FCRP7Bqc9D/MQUV02ORQg5iskjtLJlZJNdN4kKtcdtwCeWIwIHDGaUsTsCCej8aLA==\"\n  }\n}\n",
    ),
    (
        "poetry.lock",
        "[[package]]\nname = \"password-strength\"\nversion = \"0.0.3\"\n",
    ),
    (
        "requirements.txt",
        "tokenizers==0.15.2 \\\n    --hash=sha256:b79d41a65cfec71285433511b50271b05da3584a1da144a0752e9c621a285289\n",
    ),
    (
        "de.json",
        "{\n  \"password\": \"Passwort\",\n  \"forgot_password\": \"Passwort vergessen?\",\n  \"token\": \"Zugriffstoken\"\n}\n",
    ),
    ("de.properties", "login.password=Passwort\n"),
    (
        "strings.xml",
        "<string name=\"password\">Passwort</string>\n",
    ),
    (
        "conf.yaml",
        "- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: orders-db2\n      key: password2\n",
    ),
    (
        "conf.yaml",
        "volumes:\n- name: token\n  secret:\n    secretName: orders-token-2\n",
    ),
    (
        "conf.yaml",
        "passwordKey: db-password-2\ntokenKey: access_token\n",
    ),
    (
        "conf.yaml",
        "auth:\n  existingSecret: pg-2\n  secretKeys:\n    adminPasswordKey: postgres-password2\n",
    ),
    (
        "conf.yaml",
        "passwordSecretRef:\n  name: orders-db2\n  key: pw2\n",
    ),
    ("conf.yaml", "password:\n  type: string\n  minLength: 8\n"),
    ("conf.yaml", "password:\n  - min8\n  - max64\n"),
    (
        "conf.json",
        "{\n  \"password\":\n    \"${DB_PASSWORD}\"\n}\n",
    ),
    (
        "main.tf",
        "variable \"db_password\" {\n  type = string\n  description = \"The password of db2\"\n}\n",
    ),
    (
        "main.tf",
        "variable \"db_password\" {\n  type = string\n}\nvariable \"region\" {\n  default = \"eu-west-1\"\n}\n",
    ),
    ("main.tf", "variable \"db_password\" { default = \"\" }\n"),
    (
        "users.sql",
        "CREATE TABLE users (\n  name text,\n  password varchar(255)\n);\n",
    ),
    (
        "users.sql",
        "INSERT INTO users (name, password) VALUES ('a2b3c4d5', :password);\n",
    ),
    (
        "users.sql",
        "INSERT INTO items (name, color) VALUES ('a', 'hunter2xyz');\n",
    ),
    (
        "users.sql",
        "ALTER USER app PASSWORD EXPIRE INTERVAL 90 DAY;\n",
    ),
    ("run.sh", "curl -u \"$USER:$PASSWORD\" https://shop.net\n"),
    (
        "run.sh",
        "curl --user app:$(cat /run/secrets/x) https://shop.net\n",
    ),
    ("run.sh", "curl \\\n  -u app https://shop.net:8080\n"),
    ("run.sh", "docker run -u 1000:1000 shop/flow2\n"),
    (
        "run.sh",
        "kubectl create secret generic x --from-file=a=/dev/stdin\n",
    ),
    (
        "run.sh",
        "echo \"$TOKEN\" | docker login --password-stdin\n",
    ),
    ("README.md", "Use `curl -u user:password` to log in.\n"),
    (
        "flow.py",
        "parser.add_argument(\n    \"--password\",\n    help=\"see chapter 2\",\n)\nparser.add_argument(\n    \"--level\",\n    default=\"info2x\",\n)\n",
    ),
    (
        "flow.py",
        "get(\n    url,\n    auth=(\n        user,\n        password,\n    ),\n)\n",
    ),
    (".npmrc", "//npm.shop.example/:_authToken=${NPM_TOKEN}\n"),
];
