//! The names that Kubernetes knows a user by, from the claims of the provider.
//!
//! The rules are those of the flags of kube-apiserver, so that a RoleBinding holds for WaxAPI and for kubectl:
//!
//! | flag | rule |
//! |---|---|
//! | `--oidc-username-claim` | text; `sub` by default. `email` is refused if `email_verified` is present and not `true` |
//! | `--oidc-username-prefix` | empty: none for `email`, and the issuer with `#` for other claims. `-`: none |
//! | `--oidc-groups-claim` | text or an array of texts; without the claim there are no groups |
//! | `--oidc-groups-prefix` | stands before each group as it is, also `-` |
//!
//! Three rules of ours refuse more. No user and no group begins with `system:`. A name that is empty, long, or
//! contains what cannot be seen is refused, also one with a space at an end: HTTP drops that space, and the API server
//! would read another name. There are at most 512 groups.
//!
//! One rule accepts more than kubectl gets: a groups claim whose name has dots may also be a path, such as
//! `realm_access.roles`, if no claim has the whole name. Begin reading with [`Mapping::names`].

use serde_json::Value;
use thiserror::Error;

use crate::json::Object;
use crate::remedy::{Remedy, Setting};

/// The number of groups that a user may have.
pub const MAX_GROUPS: usize = 512;

/// The length that a name may have, in bytes.
pub const MAX_NAME_BYTES: usize = 256;

/// The beginning of the names that Kubernetes reserves for itself.
const RESERVED: &str = "system:";

/// The claim that says whether the claim `email` was verified.
const EMAIL_VERIFIED: &str = "email_verified";

/// Characters that are shown as nothing, or turn the direction of what follows, and are no control characters.
const INVISIBLE: [char; 17] = [
    '\u{00ad}', '\u{061c}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{2028}',
    '\u{2029}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2060}', '\u{feff}',
    '\u{fffd}',
];

/// Characters that isolate text of another direction.
const ISOLATES: std::ops::RangeInclusive<char> = '\u{2066}'..='\u{2069}';

/// The rules by which claims become names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    username_claim: String,
    username_prefix: String,
    groups: Option<GroupsRule>,
}

/// The rule for groups.
#[derive(Clone, Debug, PartialEq, Eq)]
struct GroupsRule {
    claim: String,
    prefix: String,
}

/// The names of a user in Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The user, with its prefix.
    pub user: String,
    /// The groups, with their prefix, in the order of the claim.
    pub groups: Vec<String>,
}

/// The reason why claims give no names. It contains no value of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NameFault {
    /// The claim with the user name is absent.
    #[error("the claim `{claim}`, which holds the user name, is absent")]
    UsernameMissing {
        /// The configured claim.
        claim: String,
    },
    /// The claim with the user name is no text.
    #[error("the claim `{claim}`, which holds the user name, is not a text")]
    UsernameNotText {
        /// The configured claim.
        claim: String,
    },
    /// The provider has not verified the email.
    #[error("the claim `email` is not verified: `{EMAIL_VERIFIED}` is not true")]
    EmailNotVerified,
    /// The claim with the groups has another type.
    #[error("the claim `{claim}`, which holds the groups, is neither a text nor an array of texts")]
    GroupsNotText {
        /// The configured claim.
        claim: String,
    },
    /// There are too many groups.
    #[error("the token has {count} groups, and at most {MAX_GROUPS} are accepted")]
    TooManyGroups {
        /// The number of groups.
        count: usize,
    },
    /// The user name cannot be used.
    #[error("the user name {0}")]
    User(NameFlaw),
    /// A group cannot be used.
    #[error("a group {0}")]
    Group(NameFlaw),
}

/// The reason why a name cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NameFlaw {
    /// The claim is empty.
    #[error("is empty")]
    Empty,
    /// The name is reserved for Kubernetes.
    #[error("begins with `{RESERVED}`, which is reserved for Kubernetes")]
    Reserved,
    /// The name contains characters that cannot be seen.
    #[error("contains control characters or invisible characters")]
    Invisible,
    /// The name begins or ends with a space.
    #[error("begins or ends with a space")]
    Space,
    /// The name exceeds its limit.
    #[error("is longer than {MAX_NAME_BYTES} bytes")]
    TooLong,
}

impl Mapping {
    /// Creates the rules from the values of the flags; an empty text is a flag that is not set.
    pub fn new(
        issuer: &str,
        (username_claim, username_prefix): (&str, &str),
        (groups_claim, groups_prefix): (&str, &str),
    ) -> Self {
        let username_claim = match username_claim {
            "" => "sub",
            claim => claim,
        };
        let username_prefix = match username_prefix {
            "-" => String::new(),
            "" if username_claim != "email" => format!("{issuer}#"),
            prefix => prefix.to_owned(),
        };
        let groups = (!groups_claim.is_empty()).then(|| GroupsRule {
            claim: groups_claim.to_owned(),
            prefix: groups_prefix.to_owned(),
        });
        Self {
            username_claim: username_claim.to_owned(),
            username_prefix,
            groups,
        }
    }

    /// Returns the names of the user whose claims these are.
    ///
    /// # Errors
    ///
    /// Returns the first reason why a name cannot be used. No group is left out.
    pub fn names(&self, claims: &Object) -> Result<Names, NameFault> {
        let user = self.user(claims)?;
        let groups = self.groups(claims)?;
        Ok(Names { user, groups })
    }

    /// Whether the claim with the user name is absent.
    pub(crate) fn lacks_username(&self, claims: &Object) -> bool {
        !claims.contains_key(&self.username_claim)
    }

    /// Whether groups are wanted, and their claim is absent.
    pub(crate) fn lacks_groups(&self, claims: &Object) -> bool {
        let claim = self.groups.as_ref().map(|rule| find(claims, &rule.claim));
        claim.is_some_and(|found| found.is_none())
    }

    /// Whether the provider says that it has left out the groups because there are too many.
    ///
    /// Entra ID does so with `_claim_names` or `hasgroups`. Such a user is not a user without groups.
    pub(crate) fn groups_are_elsewhere(&self, claims: &Object) -> bool {
        let Some(rule) = &self.groups else {
            return false;
        };
        let elsewhere = claims.get("_claim_names").and_then(Value::as_object);
        let named = elsewhere.is_some_and(|names| names.contains_key(&rule.claim));
        let hinted = matches!(claims.get("hasgroups"), Some(flag) if *flag != Value::Bool(false));
        self.lacks_groups(claims) && (named || hinted)
    }

    /// Adds the claims that these lack from those of the userinfo endpoint.
    ///
    /// An email comes together with the statement whether it is verified, so that one place makes both.
    pub(crate) fn supplement(&self, claims: &mut Object, userinfo: &Object) {
        if self.lacks_username(claims)
            && let Some(name) = userinfo.get(&self.username_claim)
        {
            claims.insert(self.username_claim.clone(), name.clone());
            claims.remove(EMAIL_VERIFIED);
            if let Some(verified) = userinfo.get(EMAIL_VERIFIED) {
                claims.insert(EMAIL_VERIFIED.to_owned(), verified.clone());
            }
        }
        if self.lacks_groups(claims)
            && let Some(rule) = &self.groups
            && let Some(groups) = find(userinfo, &rule.claim)
        {
            claims.insert(rule.claim.clone(), groups.clone());
        }
    }

    fn user(&self, claims: &Object) -> Result<String, NameFault> {
        let claim = &self.username_claim;
        let value = claims
            .get(claim)
            .ok_or_else(|| NameFault::UsernameMissing {
                claim: claim.clone(),
            })?;
        let name = value.as_str().ok_or_else(|| NameFault::UsernameNotText {
            claim: claim.clone(),
        })?;
        let verified = claims.get(EMAIL_VERIFIED);
        if claim == "email" && verified.is_some_and(|flag| *flag != Value::Bool(true)) {
            return Err(NameFault::EmailNotVerified);
        }
        prefixed(&self.username_prefix, name).map_err(NameFault::User)
    }

    fn groups(&self, claims: &Object) -> Result<Vec<String>, NameFault> {
        let Some(rule) = &self.groups else {
            return Ok(Vec::new());
        };
        let not_text = || NameFault::GroupsNotText {
            claim: rule.claim.clone(),
        };
        let names: Vec<&str> = match find(claims, &rule.claim) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(name)) => vec![name.as_str()],
            Some(Value::Array(names)) => {
                let names = names.iter().map(Value::as_str);
                names.collect::<Option<_>>().ok_or_else(not_text)?
            }
            Some(_) => return Err(not_text()),
        };
        if names.len() > MAX_GROUPS {
            return Err(NameFault::TooManyGroups { count: names.len() });
        }
        let names = names.into_iter().map(|name| prefixed(&rule.prefix, name));
        names.collect::<Result<_, _>>().map_err(NameFault::Group)
    }
}

/// Finds a claim by its name, or else by its path.
fn find<'a>(claims: &'a Object, claim: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(claim) {
        return Some(value);
    }
    let (first, rest) = claim.split_once('.')?;
    rest.split('.').try_fold(claims.get(first)?, |value, name| {
        value.as_object()?.get(name)
    })
}

/// Returns the name with its prefix.
fn prefixed(prefix: &str, name: &str) -> Result<String, NameFlaw> {
    if name.is_empty() {
        return Err(NameFlaw::Empty);
    }
    let whole = format!("{prefix}{name}");
    match flaw(&whole) {
        None => Ok(whole),
        Some(flaw) => Err(flaw),
    }
}

/// Returns the reason why a text cannot be a name, or begin one.
pub(crate) fn flaw(text: &str) -> Option<NameFlaw> {
    let invisible = |letter: char| {
        letter.is_control() || INVISIBLE.contains(&letter) || ISOLATES.contains(&letter)
    };
    if text.len() > MAX_NAME_BYTES {
        Some(NameFlaw::TooLong)
    } else if text.contains(invisible) {
        Some(NameFlaw::Invisible)
    } else if text.trim() != text {
        Some(NameFlaw::Space)
    } else if text.starts_with(RESERVED) {
        Some(NameFlaw::Reserved)
    } else {
        None
    }
}

impl NameFault {
    /// Returns what to do next.
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::UsernameMissing { .. } | Self::UsernameNotText { .. } => Remedy::Setting(
                Setting::UsernameClaim,
                "name a claim that every token of the provider contains as a text, such as `sub`",
            ),
            Self::EmailNotVerified => {
                Remedy::Provider("verify the email of the user, or use another claim as user name")
            }
            Self::GroupsNotText { .. } => Remedy::Setting(
                Setting::GroupsClaim,
                "name a claim that is a text or an array of texts, such as `groups`",
            ),
            Self::TooManyGroups { .. } => Remedy::Provider(
                "put only the groups into the token that have rights in the cluster",
            ),
            Self::User(NameFlaw::Reserved) => {
                Remedy::Setting(Setting::UsernamePrefix, "set a prefix, such as `oidc:`")
            }
            Self::Group(NameFlaw::Reserved) => {
                Remedy::Setting(Setting::GroupsPrefix, "set a prefix, such as `oidc:`")
            }
            Self::User(_) => Remedy::Provider("give the user another name"),
            Self::Group(_) => Remedy::Provider("rename the group, or leave it out of the token"),
        }
    }
}

#[cfg(test)]
mod tests;
