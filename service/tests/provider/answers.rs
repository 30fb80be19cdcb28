//! Tokens that are not signed, and claims from the userinfo endpoint.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use service::claims::ClaimFault;
use service::client::FetchFault;
use service::fault::{Document, ProviderFault};
use service::kind::TokenKind;
use service::opaque::AnswerFault;
use service::provider::{ClaimsFrom, OpaqueTokens};
use service::refusal::Refusal;

use crate::hostile::{DISCOVERY, INTROSPECTION, Reply, USERINFO};
use crate::setup::{AUDIENCE, SECRET, Setup};
use crate::signer::changed;

const OPAQUE: &str = "2YotnFZFEjr1zCsicMWpAA";

/// Sets what the introspection endpoint says about every token, as changes of a valid answer.
fn confirm(setup: &Setup, changes: &Value) {
    let valid = json!({
        "active": true, "token_type": "Bearer", "sub": "alice", "client_id": AUDIENCE,
        "exp": setup.now.wall.as_second() + 300, "groups": ["team"],
    });
    setup
        .provider
        .set(INTROSPECTION, Reply::Json(changed(valid, changes)));
}

#[tokio::test]
async fn opaque_token_is_confirmed_once_by_introspection() {
    let setup = Setup::new().await;
    confirm(&setup, &json!({}));
    let requests = (0..20).map(|_| setup.verify(OPAQUE));
    for found in join_all(requests).await {
        let identity = found.unwrap();
        assert_eq!(
            (identity.user.as_str(), identity.kind),
            ("alice", TokenKind::Opaque)
        );
        assert_eq!(identity.groups, ["team"]);
    }
    let seen = setup.provider.seen(INTROSPECTION);
    assert_eq!(
        seen.len(),
        1,
        "requests with one token did not share an answer"
    );
    assert!(
        seen[0]
            .authorization
            .as_deref()
            .unwrap()
            .starts_with("Basic ")
    );
    assert_eq!(
        seen[0].body,
        format!("token={OPAQUE}&token_type_hint=access_token")
    );
    let minute = setup.now.after(Duration::from_secs(60));
    assert!(setup.verify_at(OPAQUE, minute).await.is_ok());
    assert_eq!(setup.provider.count(INTROSPECTION), 2);
}

#[tokio::test]
async fn confirmation_ends_with_its_token() {
    let setup = Setup::new().await;
    confirm(&setup, &json!({"exp": setup.now.wall.as_second() + 30}));
    assert!(setup.verify(OPAQUE).await.is_ok());
    confirm(&setup, &json!({"active": false}));
    assert!(
        setup
            .verify_at(OPAQUE, setup.now.after(Duration::from_secs(28)))
            .await
            .is_ok()
    );
    let found = setup
        .verify_at(OPAQUE, setup.now.after(Duration::from_secs(31)))
        .await;
    assert_eq!(found, Err(Refusal::Answer(AnswerFault::Inactive)));
}

#[tokio::test]
async fn refusal_of_opaque_token_is_kept_shortly() {
    let setup = Setup::new().await;
    confirm(&setup, &json!({"active": false}));
    let inactive = Err(Refusal::Answer(AnswerFault::Inactive));
    for _ in 0..5 {
        assert_eq!(setup.verify(OPAQUE).await, inactive);
    }
    assert_eq!(setup.provider.count(INTROSPECTION), 1);
    confirm(&setup, &json!({}));
    assert_eq!(
        setup
            .verify_at(OPAQUE, setup.now.after(Duration::from_secs(9)))
            .await,
        inactive
    );
    assert!(
        setup
            .verify_at(OPAQUE, setup.now.after(Duration::from_secs(10)))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn attack_22_opaque_token_of_sibling_is_refused() {
    for changes in [
        json!({"client_id": "sibling"}),
        json!({"aud": "sibling"}),
        json!({"client_id": null}),
    ] {
        let setup = Setup::new().await;
        confirm(&setup, &changes);
        let fault = setup.verify(OPAQUE).await.unwrap_err();
        let expected = matches!(
            fault,
            Refusal::Answer(AnswerFault::Claims(ClaimFault::OtherAudience { .. }))
        );
        assert!(expected, "{changes} gave {fault:?}");
    }
}

#[tokio::test]
async fn attack_26_opaque_refresh_token_is_refused() {
    for changes in [
        json!({"token_type": null}),
        json!({"token_use": "refresh_token"}),
        json!({"typ": "Refresh"}),
    ] {
        let setup = Setup::new().await;
        confirm(&setup, &changes);
        let found = setup.verify(OPAQUE).await;
        assert_eq!(
            found,
            Err(Refusal::Answer(AnswerFault::NotBearer)),
            "{changes}"
        );
    }
}

#[tokio::test]
async fn opaque_token_is_refused_without_way_to_ask() {
    let no_secret = Setup::with(|settings| settings.client_secret = None).await;
    let refused = Setup::with(|settings| settings.opaque_tokens = OpaqueTokens::Refuse).await;
    let no_endpoint = Setup::new().await;
    let document = changed(
        no_endpoint.provider.discovery(),
        &json!({"introspection_endpoint": null}),
    );
    no_endpoint.provider.set(DISCOVERY, Reply::Json(document));
    for (setup, expected) in [
        (no_secret, AnswerFault::NoSecret),
        (refused, AnswerFault::NotAccepted),
        (no_endpoint, AnswerFault::NoIntrospection),
    ] {
        let userinfo = json!({"sub": "alice", "groups": ["team"]});
        setup.provider.set(USERINFO, Reply::Json(userinfo));
        assert_eq!(setup.verify(OPAQUE).await, Err(Refusal::Answer(expected)));
        assert_eq!(
            setup.provider.count(USERINFO),
            0,
            "userinfo does not say for whom a token is"
        );
    }
}

#[tokio::test]
async fn userinfo_confirms_opaque_token_only_if_allowed() {
    let setup = Setup::with(|settings| {
        settings.client_secret = None;
        settings.opaque_tokens = OpaqueTokens::IntrospectOrUserinfo;
    })
    .await;
    let userinfo = json!({"sub": "alice", "groups": ["team"]});
    setup.provider.set(USERINFO, Reply::Json(userinfo));
    let identity = setup.verify(OPAQUE).await.unwrap();
    assert_eq!((identity.user.as_str(), identity.expires), ("alice", None));
    let seen = setup.provider.seen(USERINFO);
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].authorization, Some(format!("Bearer {OPAQUE}")));
}

#[tokio::test]
async fn wrong_client_secret_is_our_fault() {
    let setup = Setup::new().await;
    setup
        .provider
        .set(INTROSPECTION, Reply::Bytes(401, Vec::new()));
    let refusal = setup.verify(OPAQUE).await.unwrap_err();
    assert_eq!(refusal, Refusal::Provider(ProviderFault::Credentials(401)));
    assert_eq!(refusal.status(), 503);
    let shown = format!("{refusal} {refusal:?} {}", refusal.remedy());
    assert!(!shown.contains(SECRET), "{shown}");
}

#[tokio::test]
async fn failure_of_introspection_is_not_kept() {
    let setup = Setup::impatient().await;
    let fault = |fault| {
        let document = Document::Introspection;
        Err(Refusal::Provider(ProviderFault::Fetch { document, fault }))
    };
    for (reply, expected) in [
        (
            Reply::Bytes(500, Vec::new()),
            fault(FetchFault::Status(500)),
        ),
        (
            Reply::Redirect("/elsewhere".to_owned()),
            fault(FetchFault::Redirect(302)),
        ),
        (Reply::Silence, fault(FetchFault::Timeout)),
        (
            Reply::Bytes(200, vec![b' '; 1024 * 1024]),
            fault(FetchFault::TooLarge { limit: 256 * 1024 }),
        ),
    ] {
        setup.provider.set(INTROSPECTION, reply);
        assert_eq!(setup.verify(OPAQUE).await, expected);
    }
    confirm(&setup, &json!({}));
    assert!(setup.verify(OPAQUE).await.is_ok());
    assert_eq!(setup.provider.count("/elsewhere"), 0);
}

#[tokio::test]
async fn absent_groups_come_from_userinfo_once() {
    let setup = Setup::new().await;
    let userinfo = json!({"sub": "alice", "groups": ["from userinfo"]});
    setup.provider.set(USERINFO, Reply::Json(userinfo));
    let token = setup.token(&json!({"groups": null}));
    for _ in 0..3 {
        assert_eq!(
            setup.verify(&token).await.unwrap().groups,
            ["from userinfo"]
        );
    }
    assert_eq!(setup.provider.count(USERINFO), 1);
    assert_eq!(
        setup.verify_claims(&json!({})).await.unwrap().groups,
        ["team"]
    );
    assert_eq!(
        setup.provider.count(USERINFO),
        1,
        "userinfo was asked for groups of the token"
    );
}

#[tokio::test]
async fn token_alone_gives_claims_if_set() {
    let setup = Setup::with(|settings| settings.claims_from = ClaimsFrom::Token).await;
    let identity = setup.verify_claims(&json!({"groups": null})).await.unwrap();
    assert!(identity.groups.is_empty());
    assert_eq!(setup.provider.count(USERINFO), 0);
}

#[tokio::test]
async fn refusal_of_userinfo_is_not_no_groups() {
    let setup = Setup::new().await;
    for status in [401, 403] {
        setup
            .provider
            .set(USERINFO, Reply::Bytes(status, Vec::new()));
        let changes = json!({"groups": null, "jti": status});
        let refusal = setup.verify_claims(&changes).await.unwrap_err();
        assert_eq!(refusal, Refusal::Answer(AnswerFault::Userinfo(status)));
    }
}

#[tokio::test]
async fn forged_token_is_never_shown_to_provider() {
    let setup = Setup::new().await;
    let attacker = crate::signer::Signer::p256("first");
    let token = attacker.sign(&setup.claims(&json!({"groups": null})));
    assert!(setup.verify(&token).await.is_err());
    assert_eq!(
        (
            setup.provider.count(USERINFO),
            setup.provider.count(INTROSPECTION)
        ),
        (0, 0)
    );
}
