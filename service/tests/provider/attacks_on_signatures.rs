//! Attacks 17 to 21, 28 and 30: forged signatures, keys of the attacker, and where a token stands in a request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use service::algorithm::AlgorithmFault;
use service::bearer::{BearerFault, BearerToken, MAX_TOKEN_BYTES};
use service::json::JsonFault;
use service::jws::JwsFault;
use service::refusal::Refusal;

use crate::hostile::{DISCOVERY, Hostile, INTROSPECTION, KEYS, USERINFO};
use crate::setup::{LATER, SECRET, Setup};
use crate::signer::{Signer, forged, sign_symmetric};

const WRONG: Refusal = Refusal::Signature(JwsFault::Signature);

#[tokio::test]
async fn valid_token_is_accepted() {
    let setup = Setup::new().await;
    let identity = setup.verify_claims(&json!({})).await.unwrap();
    assert_eq!(
        (identity.user.as_str(), identity.groups.as_slice()),
        ("alice", ["team".to_owned()].as_slice())
    );
    assert_eq!(
        (setup.provider.count(DISCOVERY), setup.provider.count(KEYS)),
        (1, 1)
    );
    assert_eq!(setup.provider.count_all(), 2);
}

#[tokio::test]
async fn attack_17_unsigned_token_is_refused() {
    let setup = Setup::new().await;
    let claims = setup.claims(&json!({}));
    for algorithm in ["none", "None", "NONE", "nOnE"] {
        for signature in ["", "AAAA"] {
            let token = forged(
                &json!({"alg": algorithm, "kid": "first"}),
                &claims,
                signature,
            );
            let fault = Refusal::Signature(JwsFault::Algorithm(AlgorithmFault::None));
            assert_eq!(setup.verify(&token).await, Err(fault), "{algorithm}");
        }
    }
    let empty = forged(&json!({"alg": "ES256", "kid": "first"}), &claims, "");
    assert_eq!(setup.verify(&empty).await, Err(WRONG));
    let (shown, asked) = (
        setup.provider.count(INTROSPECTION),
        setup.provider.count(USERINFO),
    );
    assert_eq!(
        (shown, asked),
        (0, 0),
        "a forged token was shown to the provider"
    );
}

#[tokio::test]
async fn attack_18_symmetric_signature_is_refused() {
    let setup = Setup::new().await;
    let rsa = Signer::rsa("rsa");
    setup.provider.publish(&[&rsa]);
    let claims = setup.claims(&json!({}));
    assert!(setup.verify(&rsa.sign(&claims)).await.is_ok());
    let der = rsa.public_der();
    let base64 = STANDARD.encode(&der);
    let pem = format!("-----BEGIN RSA PUBLIC KEY-----\n{base64}\n-----END RSA PUBLIC KEY-----\n");
    let key = rsa.public().to_string();
    for secret in [
        der.as_slice(),
        pem.as_bytes(),
        key.as_bytes(),
        SECRET.as_bytes(),
        b"x",
    ] {
        let token = sign_symmetric("rsa", &claims, secret);
        let fault = Refusal::Signature(JwsFault::Algorithm(AlgorithmFault::Symmetric));
        assert_eq!(setup.verify(&token).await, Err(fault));
    }
}

#[tokio::test]
async fn attack_18_key_of_other_algorithm_is_refused() {
    let setup = Setup::new().await;
    let token = setup
        .key
        .sign_with(&json!({"alg": "RS256"}), &setup.claims(&json!({})));
    assert_eq!(
        setup.verify(&token).await,
        Err(Refusal::Signature(JwsFault::OtherAlgorithm))
    );
}

#[tokio::test]
async fn attack_19_unknown_keys_cause_one_fetch() {
    let setup = Setup::new().await;
    assert!(setup.verify_claims(&json!({})).await.is_ok());
    let claims = setup.claims(&json!({"exp": setup.now.wall.as_second() + 3600}));
    let unknown = Refusal::Signature(JwsFault::UnknownKey);
    for round in 1..=3 {
        let now = setup.now.after(LATER * round);
        for number in 0..10_000 {
            let id = format!("{round}/{number}");
            let token = forged(&json!({"alg": "ES256", "kid": id}), &claims, "AAAA");
            assert_eq!(setup.verify_at(&token, now).await, Err(unknown.clone()));
        }
        assert_eq!(
            setup.provider.count(KEYS),
            1 + usize::try_from(round).unwrap()
        );
    }
    assert!(setup.verify_claims(&json!({})).await.is_ok());
}

#[tokio::test]
async fn attack_19_strange_key_ids_are_refused() {
    let setup = Setup::new().await;
    let claims = setup.claims(&json!({}));
    for id in [
        "../../dev/null",
        "x' OR '1'='1",
        "http://127.0.0.1/key",
        "",
        "first\u{0}",
        " first",
    ] {
        let token = setup.key.sign_with(&json!({"kid": id}), &claims);
        assert_eq!(
            setup.verify(&token).await,
            Err(Refusal::Signature(JwsFault::UnknownKey)),
            "{id}"
        );
    }
    let long = setup
        .key
        .sign_with(&json!({"kid": "k".repeat(1000)}), &claims);
    assert_eq!(
        setup.verify(&long).await,
        Err(Refusal::Signature(JwsFault::Member("kid")))
    );
    let huge = setup
        .key
        .sign_with(&json!({"kid": "k".repeat(1_000_000)}), &claims);
    assert_eq!(
        setup.verify(&huge).await,
        Err(Refusal::Bearer(BearerFault::TooLong))
    );
    assert_eq!(setup.provider.count(KEYS), 1);
}

#[tokio::test]
async fn attack_20_key_in_header_is_ignored() {
    let setup = Setup::new().await;
    let attacker = Signer::p256("attacker");
    let server = Hostile::start(&attacker).await;
    let url = format!("{}{KEYS}", server.issuer);
    let claims = setup.claims(&json!({}));
    let key = attacker.public();
    for (id, expected) in [
        ("first", JwsFault::Signature),
        ("attacker", JwsFault::UnknownKey),
    ] {
        for header in [
            json!({"kid": id, "jku": url}),
            json!({"kid": id, "x5u": url}),
            json!({"kid": id, "jwk": key}),
            json!({"kid": id, "x5c": ["MIIB"], "x5t": "AAAA"}),
        ] {
            let token = attacker.sign_with(&header, &claims);
            assert_eq!(
                setup.verify(&token).await,
                Err(Refusal::Signature(expected)),
                "{header}"
            );
        }
    }
    assert_eq!(server.count_all(), 0, "the address in a header was asked");
}

#[tokio::test]
async fn attack_21_header_with_other_rules_is_refused() {
    let setup = Setup::new().await;
    let claims = setup.claims(&json!({}));
    for (header, expected) in [
        (json!({"crit": ["exp"]}), JwsFault::Rules("crit")),
        (
            json!({"crit": ["b64"], "b64": false}),
            JwsFault::Rules("crit"),
        ),
        (json!({"b64": false}), JwsFault::Rules("b64")),
        (json!({"zip": "DEF"}), JwsFault::Rules("zip")),
        (json!({"cty": "JWT"}), JwsFault::Nested),
        (json!({"enc": "A256GCM"}), JwsFault::Encrypted),
    ] {
        let token = setup.key.sign_with(&header, &claims);
        assert_eq!(
            setup.verify(&token).await,
            Err(Refusal::Signature(expected)),
            "{header}"
        );
    }
    let encrypted = format!("{}.AAAA.AAAA", setup.token(&json!({})));
    assert_eq!(
        setup.verify(&encrypted).await,
        Err(Refusal::Signature(JwsFault::Encrypted))
    );
}

#[tokio::test]
async fn attack_21_name_twice_is_refused() {
    let setup = Setup::new().await;
    let header = r#"{"alg":"ES256","kid":"first","typ":"at+jwt"}"#;
    let claims = setup.claims(&json!({})).to_string();
    let twice = |text: &str, name: &str| format!("{{\"{name}\":\"x\",{}", &text[1..]);
    assert!(
        setup
            .verify(&setup.key.sign_text(header, &claims))
            .await
            .is_ok()
    );
    let token = setup.key.sign_text(&twice(header, "alg"), &claims);
    let expected = Refusal::Signature(JwsFault::Header(JsonFault::Malformed));
    assert_eq!(setup.verify(&token).await, Err(expected));
    for name in ["sub", "aud", "exp", "groups"] {
        let token = setup.key.sign_text(header, &twice(&claims, name));
        let expected = Refusal::Signature(JwsFault::Claims(JsonFault::Malformed));
        assert_eq!(setup.verify(&token).await, Err(expected), "{name}");
    }
}

#[tokio::test]
async fn attack_28_request_without_valid_token_is_nobody() {
    let setup = Setup::new().await;
    let nothing = BearerToken::from_headers(std::iter::empty()).unwrap_err();
    assert_eq!(Refusal::Bearer(nothing).status(), 401);
    let claims = setup.claims(&json!({"sub": "system:anonymous"}));
    let token = forged(&json!({"alg": "none"}), &claims, "");
    assert_eq!(setup.verify(&token).await.unwrap_err().status(), 401);
}

#[tokio::test]
async fn attack_30_token_has_one_place_in_request() {
    let setup = Setup::new().await;
    let token = setup.token(&json!({}));
    let read = |values: &[String]| BearerToken::from_headers(values.iter().map(String::as_bytes));
    let lower_case = read(&[format!("bearer {token}")]).unwrap();
    assert!(setup.verifier.verify(&lower_case, setup.now).await.is_ok());
    let header = format!("Bearer {token}");
    for (headers, status) in [
        (vec![header.clone(), header], 400),
        (vec![format!("Bearer\t{token}")], 401),
        (vec![format!("Basic {token}")], 401),
        (Vec::new(), 401),
    ] {
        assert_eq!(
            Refusal::Bearer(read(&headers).unwrap_err()).status(),
            status,
            "{}",
            headers.len()
        );
    }
    let query = format!("namespace=a&access_token={token}");
    let refused = BearerToken::refuse_in_query(query.as_bytes()).unwrap_err();
    assert_eq!(Refusal::Bearer(refused).status(), 401);
}

#[tokio::test]
async fn attack_64_refusals_show_nothing_of_tokens() {
    let setup = Setup::new().await;
    let claims = setup.claims(&json!({"email": "canary", "scope": "canary"}));
    let with = |changes: serde_json::Value| crate::signer::changed(claims.clone(), &changes);
    let attacker = Signer::p256("first");
    let tokens = [
        forged(&json!({"alg": "canary"}), &claims, "canary"),
        forged(&json!({"alg": "none", "kid": "canary"}), &claims, "canary"),
        attacker.sign(&claims),
        setup.key.sign_with(&json!({"kid": "canary"}), &claims),
        setup.key.sign_with(&json!({"typ": "canary"}), &claims),
        setup.key.sign(&with(json!({"sub": "system:canary"}))),
        setup.key.sign(&with(json!({"sub": ["canary"]}))),
        setup.key.sign(&with(json!({"exp": "canary"}))),
        setup.key.sign(&with(json!({"groups": ["system:canary"]}))),
        setup.key.sign(&with(json!({"groups": {"canary": 1}}))),
        "canary".repeat(MAX_TOKEN_BYTES),
    ];
    for token in tokens {
        let refusal = setup.verify(&token).await.unwrap_err();
        let shown = format!(
            "{refusal} {refusal:?} {} {:?}",
            refusal.remedy(),
            refusal.challenge("wax")
        );
        assert!(!shown.contains("canary"), "{shown}");
        let signature = token.rsplit('.').next().unwrap();
        assert!(!shown.contains(signature), "{shown}");
    }
}
