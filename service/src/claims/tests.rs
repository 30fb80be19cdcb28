use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

use super::*;
use crate::provider::ProviderSettings;

const ISSUER: &str = "https://id.example.com/";
const NOW: i64 = 1_800_000_000;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn provider(audience_policy: AudiencePolicy, leeway_seconds: u32) -> Provider {
    let settings = ProviderSettings {
        audiences: vec!["waxapi".to_owned(), "https://wax.example.com".to_owned()],
        audience_policy,
        leeway_seconds,
        ..ProviderSettings::new(ISSUER, "client")
    };
    Provider::new(settings).unwrap()
}

/// Checks a valid token with other claims; null removes a claim.
fn found(changes: &Value) -> Result<Validity, ClaimFault> {
    found_with(changes, &provider(AudiencePolicy::Strict, 60))
}

fn found_with(changes: &Value, provider: &Provider) -> Result<Validity, ClaimFault> {
    let valid = json!({"iss": ISSUER, "sub": "u", "aud": "waxapi", "exp": NOW + 300, "iat": NOW});
    let mut claims = valid.as_object().unwrap().clone();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.remove(name)),
            value => drop(claims.insert(name.clone(), value.clone())),
        }
    }
    check(&claims, provider, now())
}

#[test]
fn valid_token_is_accepted() {
    let expires = Timestamp::from_second(NOW + 300).unwrap();
    let subject = "u".to_owned();
    assert_eq!(found(&json!({})), Ok(Validity { subject, expires }));
}

#[rstest]
#[case::text(json!("waxapi"))]
#[case::second(json!("https://wax.example.com"))]
#[case::one_of_several(json!(["account", "waxapi"]))]
fn own_audience_is_accepted(#[case] audience: Value) {
    assert!(found(&json!({"aud": audience})).is_ok());
}

#[rstest]
#[case::missing(json!({"aud": null}))]
#[case::number(json!({"aud": 1}))]
#[case::object(json!({"aud": {"waxapi": true}}))]
#[case::empty(json!({"aud": []}))]
#[case::number_inside(json!({"aud": ["waxapi", 1]}))]
fn malformed_audience_is_refused(#[case] changes: Value) {
    assert_eq!(found(&changes), Err(ClaimFault::Audience));
}

#[rstest]
#[case::client_id(json!({"aud": "client"}))]
#[case::part(json!({"aud": "wax"}))]
#[case::letter_case(json!({"aud": "WAXAPI"}))]
#[case::issued_to_us(json!({"aud": "account", "azp": "waxapi", "client_id": "waxapi"}))]
fn other_audience_is_refused(#[case] changes: Value) {
    let fault = found(&changes).unwrap_err();
    assert!(matches!(fault, ClaimFault::OtherAudience { .. }), "{fault}");
    assert!(fault.to_string().contains("waxapi"), "{fault}");
}

#[rstest]
#[case::azp(json!({"aud": "account", "azp": "waxapi"}), true)]
#[case::client_id(json!({"aud": "account", "client_id": "waxapi"}), true)]
#[case::other_client(json!({"aud": "account", "azp": "other"}), false)]
#[case::no_audience(json!({"aud": null, "azp": "waxapi"}), false)]
fn client_counts_as_audience_if_allowed(#[case] changes: Value, #[case] accepted: bool) {
    let provider = provider(AudiencePolicy::AudienceOrClient, 60);
    assert_eq!(found_with(&changes, &provider).is_ok(), accepted);
}

#[rstest]
#[case::no_slash(json!("https://id.example.com"))]
#[case::letter_case(json!("https://ID.example.com/"))]
#[case::other(json!("https://evil.example.com/"))]
#[case::list(json!(["https://id.example.com/"]))]
#[case::missing(json!(null))]
fn other_issuer_is_refused(#[case] issuer: Value) {
    let fault = found(&json!({"iss": issuer})).unwrap_err();
    assert!(
        matches!(fault, ClaimFault::Issuer | ClaimFault::OtherIssuer { .. }),
        "{fault}"
    );
}

#[rstest]
#[case::missing(json!(null))]
#[case::empty(json!(""))]
#[case::number(json!(1))]
#[case::long(json!("u".repeat(256)))]
fn unusable_subject_is_refused(#[case] subject: Value) {
    assert_eq!(found(&json!({"sub": subject})), Err(ClaimFault::Subject));
}

/// The edges of the leeway, to the second.
#[rstest]
#[case::expired_within(60, json!({"exp": NOW - 59}), Ok(()))]
#[case::expired_at(60, json!({"exp": NOW - 60}), Err(ClaimFault::Expired))]
#[case::expired_beyond(60, json!({"exp": NOW - 61}), Err(ClaimFault::Expired))]
#[case::expires_now(0, json!({"exp": NOW}), Err(ClaimFault::Expired))]
#[case::expires_soon(0, json!({"exp": NOW + 1}), Ok(()))]
#[case::not_before_within(60, json!({"nbf": NOW + 59}), Ok(()))]
#[case::not_before_beyond(60, json!({"nbf": NOW + 61}), Err(ClaimFault::NotYet))]
#[case::not_before_now(0, json!({"nbf": NOW}), Ok(()))]
#[case::not_before_soon(0, json!({"nbf": NOW + 1}), Err(ClaimFault::NotYet))]
#[case::issued_within(60, json!({"iat": NOW + 59}), Ok(()))]
#[case::issued_beyond(60, json!({"iat": NOW + 61}), Err(ClaimFault::IssuedLater))]
#[case::greatest_leeway(120, json!({"exp": NOW - 119}), Ok(()))]
#[case::not_issued(60, json!({"iat": null}), Ok(()))]
fn times_are_compared_with_leeway(
    #[case] leeway: u32,
    #[case] changes: Value,
    #[case] expected: Result<(), ClaimFault>,
) {
    let provider = provider(AudiencePolicy::Strict, leeway);
    assert_eq!(found_with(&changes, &provider).map(drop), expected);
}

#[rstest]
#[case::missing("exp", json!(null))]
#[case::text("exp", json!("1900000000"))]
#[case::negative("exp", json!(-1))]
#[case::far("exp", json!(1e30))]
#[case::list("exp", json!([1_900_000_000]))]
#[case::flag("exp", json!(true))]
#[case::text_before("nbf", json!("0"))]
#[case::object_before("nbf", json!({}))]
#[case::negative_before("nbf", json!(-5))]
#[case::text_issued("iat", json!("1"))]
fn malformed_time_is_refused(#[case] claim: &'static str, #[case] value: Value) {
    assert_eq!(found(&json!({claim: value})), Err(ClaimFault::Time(claim)));
}

#[test]
fn part_of_a_second_is_kept() {
    let claims = json!({"exp": 1_800_000_000.75});
    let time = time(claims.as_object().unwrap(), "exp").unwrap().unwrap();
    assert_eq!(time.as_millisecond(), 1_800_000_000_750);
}

proptest! {
    #[test]
    fn any_number_is_a_time_or_refused(seconds in any::<f64>()) {
        let claims = json!({"exp": seconds});
        let found = time(claims.as_object().unwrap(), "exp");
        prop_assert_eq!(found.is_ok(), (0.0..=MAX_SECONDS).contains(&seconds));
    }
}
