use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

use super::*;

const ISSUER: &str = "https://id.example.com";

fn claims(value: Value) -> Object {
    match value {
        Value::Object(members) => members,
        other => panic!("{other} is not an object"),
    }
}

fn names(user: &str, groups: &[&str]) -> Result<Names, NameFault> {
    Ok(Names {
        user: user.to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    })
}

/// The cases of the flags of kube-apiserver.
#[rstest]
#[case::default_claim("", "", json!({"sub": "u1"}), "https://id.example.com#u1")]
#[case::issuer_before_other_claims("name", "", json!({"name": "ann"}), "https://id.example.com#ann")]
#[case::no_issuer_before_email("email", "", json!({"email": "a@b.c"}), "a@b.c")]
#[case::own_prefix("sub", "oidc:", json!({"sub": "u1"}), "oidc:u1")]
#[case::own_prefix_before_email("email", "oidc:", json!({"email": "a@b.c"}), "oidc:a@b.c")]
#[case::no_prefix("sub", "-", json!({"sub": "u1"}), "u1")]
#[case::no_prefix_before_email("email", "-", json!({"email": "a@b.c"}), "a@b.c")]
#[case::verified("email", "", json!({"email": "a@b.c", "email_verified": true}), "a@b.c")]
#[case::unverified_email_of_other_claim("sub", "-", json!({"sub": "u", "email_verified": false}), "u")]
#[case::letters_of_any_language("sub", "-", json!({"sub": "Jürgen Öz 日本"}), "Jürgen Öz 日本")]
fn user_is_named_as_by_apiserver(
    #[case] claim: &str,
    #[case] prefix: &str,
    #[case] value: Value,
    #[case] user: &str,
) {
    let mapping = Mapping::new(ISSUER, (claim, prefix), ("", ""));
    assert_eq!(mapping.names(&claims(value)), names(user, &[]));
}

#[rstest]
#[case::array("groups", "", json!(["a", "b"]), &["a", "b"])]
#[case::text("groups", "", json!("a"), &["a"])]
#[case::prefix("groups", "oidc:", json!(["a", "b"]), &["oidc:a", "oidc:b"])]
#[case::hyphen_is_a_prefix("groups", "-", json!(["a"]), &["-a"])]
#[case::empty("groups", "", json!([]), &[])]
#[case::null("groups", "", json!(null), &[])]
#[case::not_wanted("", "oidc:", json!(["a"]), &[])]
#[case::path("realm.roles", "", json!(["never read"]), &["from the path"])]
#[case::name_with_dots("a.b", "", json!(["never read"]), &["by name"])]
#[case::absent("other", "", json!(["never read"]), &[])]
fn groups_are_named_as_by_apiserver(
    #[case] claim: &str,
    #[case] prefix: &str,
    #[case] groups: Value,
    #[case] expected: &[&str],
) {
    let mapping = Mapping::new(ISSUER, ("sub", "-"), (claim, prefix));
    let claims = claims(json!({
        "sub": "u",
        "groups": groups,
        "realm": {"roles": "from the path"},
        "a.b": "by name",
        "a": {"b": "by path"},
    }));
    assert_eq!(mapping.names(&claims), names("u", expected));
}

#[rstest]
#[case::missing("sub", json!({}), NameFault::UsernameMissing { claim: "sub".to_owned() })]
#[case::number("sub", json!({"sub": 1}), NameFault::UsernameNotText { claim: "sub".to_owned() })]
#[case::null("sub", json!({"sub": null}), NameFault::UsernameNotText { claim: "sub".to_owned() })]
#[case::list("sub", json!({"sub": ["u"]}), NameFault::UsernameNotText { claim: "sub".to_owned() })]
#[case::empty("sub", json!({"sub": ""}), NameFault::User(NameFlaw::Empty))]
#[case::reserved("sub", json!({"sub": "system:admin"}), NameFault::User(NameFlaw::Reserved))]
#[case::space_before_reserved("sub", json!({"sub": " system:admin"}), NameFault::User(NameFlaw::Space))]
#[case::space_after("sub", json!({"sub": "u "}), NameFault::User(NameFlaw::Space))]
#[case::line_break("sub", json!({"sub": "u\r\nImpersonate-Group: x"}), NameFault::User(NameFlaw::Invisible))]
#[case::zero("sub", json!({"sub": "u\u{0}"}), NameFault::User(NameFlaw::Invisible))]
#[case::direction("sub", json!({"sub": "\u{202e}nimda"}), NameFault::User(NameFlaw::Invisible))]
#[case::isolate("sub", json!({"sub": "a\u{2066}b"}), NameFault::User(NameFlaw::Invisible))]
#[case::long("sub", json!({"sub": "u".repeat(257)}), NameFault::User(NameFlaw::TooLong))]
#[case::unverified("email", json!({"email": "a@b.c", "email_verified": false}), NameFault::EmailNotVerified)]
#[case::verified_by_text("email", json!({"email": "a@b.c", "email_verified": "true"}), NameFault::EmailNotVerified)]
#[case::verified_by_null("email", json!({"email": "a@b.c", "email_verified": null}), NameFault::EmailNotVerified)]
fn unusable_user_is_refused(#[case] claim: &str, #[case] value: Value, #[case] fault: NameFault) {
    let mapping = Mapping::new(ISSUER, (claim, "-"), ("", ""));
    assert_eq!(mapping.names(&claims(value)), Err(fault));
}

#[rstest]
#[case::number("", json!(1), NameFault::GroupsNotText { claim: "groups".to_owned() })]
#[case::object("", json!({"a": "b"}), NameFault::GroupsNotText { claim: "groups".to_owned() })]
#[case::nested("", json!([["a"]]), NameFault::GroupsNotText { claim: "groups".to_owned() })]
#[case::number_inside("", json!(["a", 1]), NameFault::GroupsNotText { claim: "groups".to_owned() })]
#[case::reserved("", json!("system:masters"), NameFault::Group(NameFlaw::Reserved))]
#[case::reserved_inside("", json!(["a", "system:masters"]), NameFault::Group(NameFlaw::Reserved))]
#[case::reserved_with_prefix("sys", json!(["tem:masters"]), NameFault::Group(NameFlaw::Reserved))]
#[case::reserved_behind_space("", json!(["\u{a0}system:masters"]), NameFault::Group(NameFlaw::Space))]
#[case::empty("oidc:", json!([""]), NameFault::Group(NameFlaw::Empty))]
#[case::many("", json!(vec!["g"; 513]), NameFault::TooManyGroups { count: 513 })]
fn unusable_group_is_refused(
    #[case] prefix: &str,
    #[case] groups: Value,
    #[case] fault: NameFault,
) {
    let mapping = Mapping::new(ISSUER, ("sub", "-"), ("groups", prefix));
    let claims = claims(json!({"sub": "u", "groups": groups}));
    assert_eq!(mapping.names(&claims), Err(fault));
}

#[test]
fn greatest_number_of_groups_is_accepted() {
    let mapping = Mapping::new(ISSUER, ("sub", "-"), ("groups", ""));
    let claims = claims(json!({"sub": "u", "groups": vec!["g"; MAX_GROUPS]}));
    assert_eq!(mapping.names(&claims).unwrap().groups.len(), MAX_GROUPS);
}

#[rstest]
#[case::elsewhere(json!({"_claim_names": {"groups": "src1"}}), true)]
#[case::hint(json!({"hasgroups": true}), true)]
#[case::hint_as_text(json!({"hasgroups": "true"}), true)]
#[case::no_groups(json!({"hasgroups": false}), false)]
#[case::other_claim_elsewhere(json!({"_claim_names": {"address": "src1"}}), false)]
#[case::also_delivered(json!({"groups": ["a"], "hasgroups": true}), false)]
#[case::nothing(json!({}), false)]
fn groups_elsewhere_are_recognised(#[case] value: Value, #[case] elsewhere: bool) {
    let mapping = Mapping::new(ISSUER, ("sub", ""), ("groups", ""));
    assert_eq!(mapping.groups_are_elsewhere(&claims(value)), elsewhere);
}

#[rstest]
#[case::both(json!({}), json!({"email": "u@b.c", "email_verified": true, "groups": ["u"]}))]
#[case::verified_by_token(
    json!({"email_verified": true}),
    json!({"email": "u@b.c", "email_verified": true, "groups": ["u"]})
)]
#[case::email_of_token(
    json!({"email": "t@b.c", "email_verified": false}),
    json!({"email": "t@b.c", "email_verified": false, "groups": ["u"]})
)]
#[case::nothing(
    json!({"email": "t@b.c", "groups": []}),
    json!({"email": "t@b.c", "groups": []})
)]
fn userinfo_adds_only_absent_claims(#[case] token: Value, #[case] expected: Value) {
    let mapping = Mapping::new(ISSUER, ("email", ""), ("groups", ""));
    let mut found = claims(token);
    let userinfo = json!({"email": "u@b.c", "email_verified": true, "groups": ["u"], "sub": "x"});
    mapping.supplement(&mut found, &claims(userinfo));
    assert_eq!(Value::Object(found), expected);
}

#[test]
fn email_of_userinfo_needs_its_verification() {
    let mapping = Mapping::new(ISSUER, ("email", ""), ("", ""));
    let mut found = claims(json!({"email_verified": true}));
    let userinfo = json!({"email": "u@b.c", "email_verified": false});
    mapping.supplement(&mut found, &claims(userinfo));
    assert_eq!(mapping.names(&found), Err(NameFault::EmailNotVerified));
}

#[test]
fn fault_contains_no_value_of_a_claim() {
    let mapping = Mapping::new(ISSUER, ("sub", "-"), ("groups", ""));
    let user = mapping.names(&claims(json!({"sub": "system:canary"})));
    let group = mapping.names(&claims(json!({"sub": "u", "groups": ["system:canary"]})));
    for fault in [user.unwrap_err(), group.unwrap_err()] {
        assert!(!format!("{fault} {fault:?} {}", fault.remedy()).contains("canary"));
    }
}

proptest! {
    /// Whatever the claims and the prefixes are, nothing reserved and nothing that HTTP changes gets through.
    #[test]
    fn accepted_name_is_never_reserved(
        prefix in "(|-|s|sys|system|system:|oidc:| |\t)",
        user in "([ \t\u{a0}]{0,2}(system:|tem:|ystem:)?.{0,12})",
        group in "([ \t\u{a0}]{0,2}(system:|tem:|ystem:)?.{0,12})",
    ) {
        let mapping = Mapping::new(ISSUER, ("sub", &prefix), ("groups", &prefix));
        let claims = claims(json!({"sub": user, "groups": [group]}));
        if let Ok(found) = mapping.names(&claims) {
            for name in found.groups.iter().chain([&found.user]) {
                prop_assert!(!name.trim().starts_with("system:"));
                prop_assert_eq!(name.trim(), name);
                prop_assert!(!name.chars().any(char::is_control));
                prop_assert!(!name.is_empty() && name.len() <= MAX_NAME_BYTES);
            }
        }
    }

    /// Two users of one mapping have one name only if their claims are equal.
    #[test]
    fn different_claims_give_different_names(one in "[a-z#:]{1,6}", other in "[a-z#:]{1,6}", prefix in "(|-|x)") {
        let mapping = Mapping::new(ISSUER, ("sub", &prefix), ("", ""));
        let name = |sub: &str| mapping.names(&claims(json!({"sub": sub}))).map(|names| names.user);
        prop_assume!(one != other && name(&one).is_ok() && name(&other).is_ok());
        prop_assert_ne!(name(&one), name(&other));
    }

    /// Each plain claim gets exactly the prefix of the rule.
    #[test]
    fn plain_name_keeps_its_text(name in "[a-zA-Z0-9@._/-]{1,40}", claim in "(sub|email|name)") {
        let value = claims(json!({claim.as_str(): name}));
        let unset = Mapping::new(ISSUER, (&claim, ""), ("", "")).names(&value).unwrap().user;
        let none = Mapping::new(ISSUER, (&claim, "-"), ("", "")).names(&value).unwrap().user;
        let expected = match claim.as_str() {
            "email" => name.clone(),
            _ => format!("{ISSUER}#{name}"),
        };
        prop_assert_eq!(unset, expected);
        prop_assert_eq!(none, name);
    }

    #[test]
    fn any_claims_are_read_without_panic(text in "\\{\"(sub|groups|_claim_names)\":.{0,20}\\}") {
        let mapping = Mapping::new(ISSUER, ("sub", ""), ("groups.a.b", ""));
        if let Ok(value) = crate::json::object(text.as_bytes(), 1000) {
            drop(mapping.names(&value));
            mapping.groups_are_elsewhere(&value);
        }
    }
}
