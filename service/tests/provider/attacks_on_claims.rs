//! Attacks 22 to 27: tokens that are genuine, but for somebody else, for another use or for another time.

use serde_json::{Value, json};
use service::claims::ClaimFault;
use service::kind::{KindFault, TokenKind};
use service::provider::AudiencePolicy;
use service::refusal::Refusal;

use crate::setup::{AUDIENCE, Setup};

/// Returns the fault of claims in a token that is otherwise valid.
async fn claim_fault(setup: &Setup, changes: &Value) -> ClaimFault {
    match setup.verify_claims(changes).await {
        Err(Refusal::Claims(fault)) => fault,
        other => panic!("{changes} gave {other:?}"),
    }
}

#[tokio::test]
async fn attack_22_token_for_another_service_is_refused() {
    let setup = Setup::new().await;
    for audience in [
        json!("account"),
        json!("sibling"),
        json!(["account", "sibling"]),
        json!("WAXAPI"),
    ] {
        let changes = json!({"aud": audience, "azp": AUDIENCE});
        let fault = claim_fault(&setup, &changes).await;
        assert!(matches!(fault, ClaimFault::OtherAudience { .. }), "{fault}");
    }
}

#[tokio::test]
async fn attack_22_sibling_is_refused_under_any_policy() {
    let policy = AudiencePolicy::AudienceOrClient;
    let setup = Setup::with(|settings| settings.audience_policy = policy).await;
    let ours = json!({"aud": "account", "azp": AUDIENCE, "client_id": null});
    assert!(setup.verify_claims(&ours).await.is_ok());
    let sibling = json!({"aud": "account", "azp": "sibling", "client_id": "sibling"});
    let fault = claim_fault(&setup, &sibling).await;
    assert!(matches!(fault, ClaimFault::OtherAudience { .. }), "{fault}");
}

#[tokio::test]
async fn attack_23_malformed_audience_is_refused() {
    let setup = Setup::new().await;
    for audience in [
        json!(null),
        json!(1),
        json!({AUDIENCE: true}),
        json!([]),
        json!([AUDIENCE, 1]),
        json!(true),
    ] {
        let fault = claim_fault(&setup, &json!({"aud": audience})).await;
        assert_eq!(fault, ClaimFault::Audience, "{audience}");
    }
}

#[tokio::test]
async fn attack_24_other_issuer_is_refused() {
    let setup = Setup::new().await;
    let issuer = setup.provider.issuer.clone();
    for other in [
        format!("{issuer}/"),
        issuer.to_uppercase(),
        "https://evil.example.com".to_owned(),
        String::new(),
    ] {
        let fault = claim_fault(&setup, &json!({"iss": other})).await;
        assert!(matches!(fault, ClaimFault::OtherIssuer { .. }), "{fault}");
    }
    for other in [json!([issuer]), json!(null), json!({"iss": issuer})] {
        assert_eq!(
            claim_fault(&setup, &json!({"iss": other})).await,
            ClaimFault::Issuer
        );
    }
}

#[tokio::test]
async fn attack_25_malformed_times_are_refused() {
    let setup = Setup::new().await;
    let soon = setup.now.wall.as_second() + 300;
    for value in [
        json!(null),
        json!(soon.to_string()),
        json!(-1),
        json!(1e30),
        json!([soon]),
        json!({}),
    ] {
        let fault = claim_fault(&setup, &json!({"exp": value})).await;
        assert_eq!(fault, ClaimFault::Time("exp"), "{value}");
    }
    for value in [json!("0"), json!("soon"), json!(-1), json!(true)] {
        assert_eq!(
            claim_fault(&setup, &json!({"nbf": value})).await,
            ClaimFault::Time("nbf")
        );
    }
    let past = json!({"exp": soon - 600});
    assert_eq!(claim_fault(&setup, &past).await, ClaimFault::Expired);
    let future = json!({"nbf": soon});
    assert_eq!(claim_fault(&setup, &future).await, ClaimFault::NotYet);
    let with_part = format!("{soon}.5").parse::<f64>().unwrap();
    assert!(
        setup
            .verify_claims(&json!({"exp": with_part}))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn attack_26_id_token_is_refused_unless_allowed() {
    let header = json!({"typ": "JWT"});
    let shape = json!({"client_id": null, "nonce": "n", "at_hash": "h"});
    let strict = Setup::new().await;
    let token = strict.key.sign_with(&header, &strict.claims(&shape));
    assert_eq!(
        strict.verify(&token).await,
        Err(Refusal::Kind(KindFault::Id))
    );
    let lenient = Setup::with(|settings| settings.accept_id_tokens = true).await;
    let token = lenient.key.sign_with(&header, &lenient.claims(&shape));
    assert_eq!(
        lenient.verify(&token).await.map(|found| found.kind),
        Ok(TokenKind::Id)
    );
}

#[tokio::test]
async fn attack_26_logout_and_refresh_tokens_are_refused() {
    let setup = Setup::with(|settings| settings.accept_id_tokens = true).await;
    let event = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    for (header, shape, expected) in [
        (json!({"typ": "logout+jwt"}), json!({}), KindFault::Logout),
        (
            json!({"typ": "JWT"}),
            json!({"events": event}),
            KindFault::Logout,
        ),
        (
            json!({"typ": "at+jwt"}),
            json!({"events": event}),
            KindFault::Logout,
        ),
        (
            json!({"typ": "JWT"}),
            json!({"typ": "Refresh"}),
            KindFault::Refresh,
        ),
        (
            json!({"typ": "JWT"}),
            json!({"typ": "Offline"}),
            KindFault::Refresh,
        ),
        (json!({"typ": "dpop+jwt"}), json!({}), KindFault::OtherType),
    ] {
        let token = setup.key.sign_with(&header, &setup.claims(&shape));
        assert_eq!(
            setup.verify(&token).await,
            Err(Refusal::Kind(expected)),
            "{header} {shape}"
        );
    }
}

#[tokio::test]
async fn attack_27_leeway_is_exact_to_the_second() {
    let setup = Setup::new().await;
    let now = setup.now.wall.as_second();
    let whole = jiff::Timestamp::from_second(now).unwrap();
    let now_exactly = service::moment::Moment {
        wall: whole,
        ..setup.now
    };
    for (claim, offset, accepted) in [
        ("exp", -59, true),
        ("exp", -60, false),
        ("exp", -61, false),
        ("nbf", 59, true),
        ("nbf", 60, true),
        ("nbf", 61, false),
        ("iat", 59, true),
        ("iat", 61, false),
    ] {
        let token = setup.token(&json!({claim: now + offset}));
        let found = setup.verify_at(&token, now_exactly).await;
        assert_eq!(found.is_ok(), accepted, "{claim} {offset}");
    }
}
