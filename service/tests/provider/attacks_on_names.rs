//! Attacks 31 to 34: what the claims of a genuine token make of its user.

use serde_json::json;
use service::mapping::{NameFault, NameFlaw};
use service::opaque::AnswerFault;
use service::refusal::Refusal;

use crate::hostile::{Reply, USERINFO};
use crate::setup::Setup;

#[tokio::test]
async fn attack_31_email_is_taken_as_a_whole() {
    let setup = Setup::with(|settings| {
        settings.username_claim = "email".to_owned();
        settings.username_prefix = String::new();
    })
    .await;
    for email in [
        "a@evil.com@corp.com",
        "\u{430}dmin@corp.com",
        "admin@corp.com.evil.com",
    ] {
        let changes = json!({"email": email, "email_verified": true});
        let identity = setup.verify_claims(&changes).await.unwrap();
        assert_eq!(identity.user, email);
    }
    for verified in [json!(false), json!("true"), json!(1)] {
        let changes = json!({"email": "admin@corp.com", "email_verified": verified});
        let expected = Refusal::Name(NameFault::EmailNotVerified);
        assert_eq!(setup.verify_claims(&changes).await, Err(expected));
    }
}

#[tokio::test]
async fn attack_32_reserved_group_is_refused() {
    let setup = Setup::new().await;
    let reserved = NameFault::Group(NameFlaw::Reserved);
    let space = NameFault::Group(NameFlaw::Space);
    for (groups, expected) in [
        (json!("system:masters"), reserved.clone()),
        (json!(["system:masters"]), reserved.clone()),
        (json!(["team", "system:nodes"]), reserved),
        (json!([" system:masters"]), space.clone()),
        (
            json!(["\tsystem:masters"]),
            NameFault::Group(NameFlaw::Invisible),
        ),
        (json!(["system:masters "]), space),
    ] {
        let found = setup.verify_claims(&json!({"groups": groups})).await;
        assert_eq!(found, Err(Refusal::Name(expected)), "{groups}");
    }
    let user = setup.verify_claims(&json!({"sub": "system:admin"})).await;
    assert_eq!(
        user,
        Err(Refusal::Name(NameFault::User(NameFlaw::Reserved)))
    );
}

#[tokio::test]
async fn attack_32_malformed_groups_are_never_cut() {
    let setup = Setup::new().await;
    let not_text = || NameFault::GroupsNotText {
        claim: "groups".to_owned(),
    };
    for (groups, expected) in [
        (
            json!(vec!["g"; 600]),
            NameFault::TooManyGroups { count: 600 },
        ),
        (json!([{"name": "team"}]), not_text()),
        (json!({"team": true}), not_text()),
        (json!(["team", 1]), not_text()),
        (json!([["team"]]), not_text()),
    ] {
        let found = setup.verify_claims(&json!({"groups": groups})).await;
        assert_eq!(found, Err(Refusal::Name(expected)));
    }
}

#[tokio::test]
async fn attack_33_groups_elsewhere_are_not_no_groups() {
    let setup = Setup::new().await;
    for changes in [
        json!({"groups": null, "_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {}}}),
        json!({"groups": null, "hasgroups": true}),
    ] {
        let refusal = setup.verify_claims(&changes).await.unwrap_err();
        assert_eq!(refusal, Refusal::Answer(AnswerFault::GroupsElsewhere));
        assert!(refusal.to_string().contains("groups not delivered"));
    }
}

#[tokio::test]
async fn attack_34_userinfo_of_another_subject_is_refused() {
    let setup = Setup::new().await;
    let userinfo = json!({"sub": "mallory", "groups": ["admins"]});
    setup.provider.set(USERINFO, Reply::Json(userinfo));
    let found = setup.verify_claims(&json!({"groups": null})).await;
    assert_eq!(found, Err(Refusal::Answer(AnswerFault::OtherSubject)));
}
