//! Settings that accept more than the defaults do, with what that means. A server logs them once, at its start.

use std::fmt::{self, Display, Formatter};

use crate::provider::{AudiencePolicy, OpaqueTokens, Provider};
use crate::remedy::Setting;

/// A setting that accepts more than its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weakness {
    /// The setting.
    pub setting: Setting,
    /// The tokens that are accepted because of it.
    pub accepts: &'static str,
}

impl Display for Weakness {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` accepts {}", self.setting, self.accepts)
    }
}

/// Returns the settings of a provider that accept more than their defaults.
pub fn weaknesses(provider: &Provider) -> Vec<Weakness> {
    let audience =
        (provider.audience_policy == AudiencePolicy::AudienceOrClient).then_some(Weakness {
            setting: Setting::AudiencePolicy,
            accepts: "tokens for other services, if they were issued to our client",
        });
    let opaque = (provider.opaque_tokens == OpaqueTokens::IntrospectOrUserinfo).then_some(Weakness {
        setting: Setting::OpaqueTokens,
        accepts: "opaque tokens for any client of the provider, if introspection is not possible",
    });
    let id_tokens = provider.accept_id_tokens.then_some(Weakness {
        setting: Setting::AcceptIdTokens,
        accepts: "ID tokens, which say who a user is and grant no access",
    });
    [audience, opaque, id_tokens]
        .into_iter()
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ProviderSettings;

    fn shown(settings: ProviderSettings) -> Vec<String> {
        let provider = Provider::new(settings).unwrap();
        weaknesses(&provider)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn defaults_have_no_weakness() {
        let settings = ProviderSettings::new("https://id.example.com", "waxapi");
        assert_eq!(shown(settings), [""; 0]);
    }

    #[test]
    fn each_weaker_setting_is_named() {
        let settings = ProviderSettings {
            audience_policy: AudiencePolicy::AudienceOrClient,
            opaque_tokens: OpaqueTokens::IntrospectOrUserinfo,
            accept_id_tokens: true,
            ..ProviderSettings::new("https://id.example.com", "waxapi")
        };
        let expected = [
            "`--audience-policy` accepts tokens for other services, if they were issued to our client",
            "`--opaque-tokens` accepts opaque tokens for any client of the provider, if introspection is not possible",
            "`--accept-id-tokens` accepts ID tokens, which say who a user is and grant no access",
        ];
        assert_eq!(shown(settings), expected);
    }
}
