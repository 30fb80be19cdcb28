//! The table of the heads of tokens. A new kind of token is a new row.

/// Characters that can follow a head.
#[derive(Clone, Copy)]
pub(super) enum Alphabet {
    /// 0-9 and a-f.
    Hex,
    /// 0-9 and A-Z.
    Upper,
    /// Letters, digits, `_` and `-`.
    Word,
    /// `Word`, `.`, and what base64 and its form for URLs contain.
    Wide,
}

/// A family of tokens.
pub(super) struct Shape {
    /// Kind of the token, with an article.
    pub(super) rule: &'static str,
    /// Heads of the tokens.
    pub(super) heads: &'static [&'static str],
    /// Characters after the head.
    pub(super) alphabet: Alphabet,
    /// Smallest number of characters after the head.
    pub(super) fewest: usize,
}

const fn shape(
    rule: &'static str,
    heads: &'static [&'static str],
    alphabet: Alphabet,
    fewest: usize,
) -> Shape {
    Shape {
        rule,
        heads,
        alphabet,
        fewest,
    }
}

use Alphabet::{Hex, Upper, Wide, Word};

/// Heads of tokens with the shortest rest. Publishable keys, such as `pk_live_`, are no secrets.
pub(super) const SHAPES: &[Shape] = &[
    shape(
        "an AWS access key",
        &["AKIA", "ASIA", "ABIA", "ACCA"],
        Upper,
        12,
    ),
    shape("an Alibaba Cloud key", &["LTAI"], Word, 16),
    shape("a Tencent Cloud key", &["AKID"], Word, 30),
    shape(
        "a GitHub token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        Word,
        20,
    ),
    shape(
        "a GitLab token",
        &[
            "glpat-",
            "gldt-",
            "glrt-",
            "glcbt-",
            "glptt-",
            "glft-",
            "glsoat-",
            "glimt-",
            "glagent-",
            "gloas-",
            "glffct-",
            "GR1348941",
        ],
        Wide,
        16,
    ),
    shape(
        "a Slack token",
        &[
            "xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxo-", "xoxe-", "xoxe.xox", "xapp-",
        ],
        Wide,
        16,
    ),
    shape(
        "a Stripe key",
        &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"],
        Word,
        16,
    ),
    shape("an npm token", &["npm_"], Word, 30),
    shape("a PyPI token", &["pypi-AgE"], Wide, 30),
    shape("a RubyGems token", &["rubygems_"], Hex, 32),
    shape("a crates.io token", &["cio"], Word, 32),
    shape("a Docker token", &["dckr_pat_", "dckr_oat_"], Word, 20),
    shape("a SendGrid key", &["SG."], Wide, 40),
    shape("a Sendinblue key", &["xkeysib-", "xsmtpsib-"], Wide, 40),
    shape("a Mailgun key", &["key-"], Hex, 32),
    shape("a Twilio key", &["SK"], Hex, 32),
    shape("an Anthropic key", &["sk-ant-"], Wide, 20),
    shape(
        "an OpenAI key",
        &[
            "sk-proj-",
            "sk-svcacct-",
            "sk-admin-",
            "sk-None-",
            "sk-or-v1-",
            "sk-lf-",
            "sk-",
        ],
        Wide,
        20,
    ),
    shape("a Hugging Face token", &["hf_", "api_org_"], Word, 30),
    shape("a Replicate token", &["r8_"], Word, 32),
    shape("a Groq key", &["gsk_"], Word, 40),
    shape("a Perplexity key", &["pplx-"], Word, 40),
    shape("an xAI key", &["xai-"], Word, 60),
    shape("a LangSmith key", &["lsv2_pt_", "lsv2_sk_"], Word, 32),
    shape("a Pinecone key", &["pcsk_"], Word, 40),
    shape("a Weights & Biases key", &["wandb_v1_"], Word, 30),
    shape("a Google API key", &["AIza"], Word, 32),
    shape(
        "a Google OAuth secret",
        &["GOCSPX-", "ya29.", "1//0"],
        Wide,
        24,
    ),
    shape(
        "a DigitalOcean token",
        &["dop_v1_", "doo_v1_", "dor_v1_"],
        Hex,
        40,
    ),
    shape("a Databricks token", &["dapi"], Hex, 32),
    shape(
        "a Shopify token",
        &["shpat_", "shpca_", "shppa_", "shpss_"],
        Hex,
        32,
    ),
    shape("a Square token", &["sq0atp-", "sq0csp-", "EAAAE"], Word, 22),
    shape("a PayPal token", &["access_token$production$"], Wide, 30),
    shape("a Dropbox token", &["sl."], Wide, 100),
    shape("a Linear key", &["lin_api_", "lin_oauth_"], Word, 32),
    shape("a Notion token", &["ntn_", "secret_"], Word, 40),
    shape(
        "an Atlassian token",
        &["ATATT3", "ATCTT3", "ATBB", "ATOA"],
        Wide,
        24,
    ),
    shape("a Figma token", &["figd_"], Word, 36),
    shape("a Grafana token", &["glsa_", "glc_"], Wide, 32),
    shape("a New Relic key", &["NRAK-", "NRII-", "NRAA-"], Word, 24),
    shape("a Sentry token", &["sntrys_", "sntryu_"], Wide, 40),
    shape("a Postman key", &["PMAK-"], Word, 40),
    shape(
        "a PlanetScale password",
        &["pscale_tkn_", "pscale_pw_", "pscale_oauth_"],
        Wide,
        32,
    ),
    shape("a Supabase key", &["sbp_", "sb_secret_"], Word, 28),
    shape("a Netlify token", &["nfp_"], Word, 36),
    shape(
        "a Fly.io token",
        &["fo1_", "fm1_", "fm2_", "FlyV1"],
        Wide,
        40,
    ),
    shape(
        "a Doppler token",
        &["dp.pt.", "dp.st.", "dp.sa.", "dp.ct."],
        Wide,
        40,
    ),
    shape("a Vault token", &["hvs.", "hvb.", "hvr."], Wide, 24),
    shape("a Pulumi token", &["pul-"], Hex, 40),
    shape("a Prefect key", &["pnu_", "pnb_"], Word, 36),
    shape("an Artifactory key", &["AKCp", "cmVmdGtu"], Word, 50),
    shape("a Typeform token", &["tfp_"], Wide, 40),
    shape("an EasyPost key", &["EZAK", "EZTK"], Word, 54),
    shape("a Tailscale key", &["tskey-"], Word, 20),
    shape("a CircleCI token", &["CCIPAT_"], Word, 40),
    shape("a Buildkite token", &["bkua_"], Hex, 40),
    shape("a Contentful token", &["CFPAT-"], Word, 40),
    shape("a Heroku key", &["HRKU-"], Word, 30),
    shape("a Mapbox secret token", &["sk.eyJ"], Wide, 60),
    shape("a Yandex key", &["AQVN", "y0_"], Word, 35),
    shape("a 1Password token", &["ops_eyJ"], Wide, 100),
    shape("a MongoDB Atlas secret", &["mdb_sa_sk_"], Word, 30),
    shape("an Infracost key", &["ico-"], Word, 32),
    shape("a Sourcegraph token", &["sgp_"], Word, 40),
    shape("a Clojars token", &["CLOJARS_"], Hex, 60),
    shape("a Brevo or Segment token", &["sgp-"], Word, 40),
    shape("a Firebase key", &["APA91b"], Word, 100),
    shape(
        "a Facebook token",
        &["EAACEdEose0cBA", "EAAB", "EAAC", "EAAD", "EAAG"],
        Word,
        60,
    ),
    shape("a HubSpot token", &["pat-na1-", "pat-eu1-"], Word, 30),
    shape("an NVIDIA key", &["nvapi-"], Word, 40),
    shape("a Tavily key", &["tvly-"], Word, 24),
    shape("a Jina key", &["jina_"], Word, 40),
    shape("a Together key", &["tgp_v1_"], Word, 30),
    shape("a Vercel token", &["vcp_", "vercel_blob_rw_"], Word, 24),
    shape("an Apify token", &["apify_api_"], Word, 30),
    shape("a PostHog key", &["phx_"], Word, 30),
    shape("a Dynatrace token", &["dt0c01."], Wide, 60),
    shape(
        "a Flutterwave key",
        &["FLWSECK-", "FLWSECK_TEST-"],
        Word,
        12,
    ),
    shape("an age key", &["AGE-SECRET-KEY-1"], Upper, 40),
    shape(
        "a webhook of Slack",
        &["hooks.slack.com/services/T", "hooks.slack.com/workflows/T"],
        Wide,
        24,
    ),
    shape(
        "a webhook of Discord",
        &["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"],
        Wide,
        40,
    ),
    shape(
        "a webhook of Teams",
        &["webhook.office.com/webhookb2/"],
        Wide,
        40,
    ),
];
