//! Finds the keys of chart values that have no effect.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Keys that are honoured with all keys below them.
const WHOLE: [&str; 17] = [
    "extraLabels",
    "podLabels",
    "podAnnotations",
    "podSecurityContext",
    "securityContext",
    "containerName",
    "customOtlpUrl",
    "resources",
    "nodeSelector",
    "tolerations",
    "affinity",
    "env",
    "envValueFrom",
    "envFromSecret",
    "envFromSecrets",
    "imagePullSecrets",
    "extraVolumeMounts",
];

/// Keys below which only `port` is honoured.
const PORT_ONLY: [&str; 2] = ["service", "api"];

/// Subcharts of the chart.
pub(super) const SUB_CHARTS: [&str; 4] = [
    "jaeger",
    "kube-prometheus-stack",
    "kubePrometheusStack",
    "opentelemetry-collector",
];

/// The keys of a YAML mapping. `flag` is the value of a key that is true or false.
#[derive(Debug, Default)]
pub(super) struct Keys {
    below: BTreeMap<String, Keys>,
    flag: Option<bool>,
}

impl Keys {
    /// Returns the dotted paths of keys that have no effect. A key with `enabled: false` is not reported.
    pub(super) fn not_honoured(&self) -> Vec<String> {
        let mut paths = Vec::new();
        for (key, keys) in &self.below {
            let key = key.as_str();
            if WHOLE.contains(&key) || SUB_CHARTS.contains(&key) {
                continue;
            }
            if PORT_ONLY.contains(&key) {
                let missed = keys.below.iter().filter(|(below, keys)| {
                    // The API is always enabled, so `enabled: true` has the effect that the user wants.
                    *below != "port" && !(*below == "enabled" && keys.flag == Some(true))
                });
                paths.extend(missed.map(|(below, _)| format!("{key}.{below}")));
            } else if keys.enabled() != Some(false) {
                paths.push(key.to_owned());
            }
        }
        paths
    }

    /// Returns the enabled subcharts.
    pub(super) fn sub_charts(&self) -> Vec<String> {
        SUB_CHARTS
            .into_iter()
            .filter(|chart| self.below.get(*chart).and_then(Self::enabled) == Some(true))
            .map(str::to_owned)
            .collect()
    }

    fn enabled(&self) -> Option<bool> {
        self.below.get("enabled").and_then(|keys| keys.flag)
    }
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeysVisitor)
    }
}

struct KeysVisitor;

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = Keys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("values of the chart")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Keys, A::Error> {
        let mut keys = Keys::default();
        while let Some((key, value)) = entries.next_entry()? {
            keys.below.insert(key, value);
        }
        Ok(keys)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Keys, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Keys::default())
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Keys, E> {
        Ok(Keys {
            flag: Some(flag),
            ..Keys::default()
        })
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Keys, E> {
        Ok(Keys::default())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Keys, E> {
        Ok(Keys::default())
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<Keys, E> {
        Ok(Keys::default())
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<Keys, E> {
        Ok(Keys::default())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Keys, E> {
        Ok(Keys::default())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Keys, E> {
        Ok(Keys::default())
    }

    fn visit_unit<E: Error>(self) -> Result<Keys, E> {
        Ok(Keys::default())
    }

    fn visit_none<E: Error>(self) -> Result<Keys, E> {
        Ok(Keys::default())
    }
}
