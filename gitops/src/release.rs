//! Turns a Helm release of the original chart into the folder of a flow.
//!
//! Helm stores a release in a Secret: the default values of the chart and those of the user. [`Release::read`] decodes it,
//! [`Release::flow`] renders the values as `df render` does, and [`ReleaseFlow::differences`] compares the result with the
//! StatefulSet that the release runs.

mod compare;
mod error;
mod values;

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dataflow::code::Code;
use flate2::read::GzDecoder;
use k8s_openapi::api::apps::v1::StatefulSet;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::render;
use crate::rendered::Rendered;
use crate::settings::FlowSettings;
use crate::source::Source;
use compare::differences;
use error::CHART;
pub use error::ReleaseError;

/// The largest release that is read, 16 MiB after decompression. A Secret has at most 1 MiB.
const MAX_BYTES: u64 = 16 << 20;

/// The first bytes of gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A release of the original chart.
#[derive(Debug, Clone)]
pub struct Release {
    /// Its name, which is that of the StatefulSet and of the flow.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The number of its version.
    pub version: i64,
    /// Version of the chart.
    pub chart: String,
    values: Value,
}

/// The flow of a release.
#[derive(Debug)]
pub struct ReleaseFlow {
    /// The flow.
    pub flow: Rendered,
    /// What cannot be taken over, each with the reason.
    pub notes: Vec<String>,
    /// Names of the variables that are left out.
    left_out: Vec<String>,
}

#[derive(Deserialize)]
struct Stored {
    name: String,
    namespace: String,
    version: i64,
    chart: Chart,
    #[serde(default)]
    config: Option<Value>,
}

#[derive(Deserialize)]
struct Chart {
    metadata: ChartMetadata,
    #[serde(default)]
    values: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChartMetadata {
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    app_version: String,
}

impl Release {
    /// Reads the content of the key `release` of Helm's Secret.
    ///
    /// # Errors
    /// It has another format, or is a release of another chart.
    pub fn read(encoded: &[u8]) -> Result<Self, ReleaseError> {
        let unreadable = |why: &dyn ToString| ReleaseError::Unreadable(why.to_string());
        let bytes = STANDARD
            .decode(encoded)
            .map_err(|error| unreadable(&error))?;
        let json = match bytes.starts_with(&GZIP) {
            true => unzip(&bytes)?,
            // Early versions of Helm did not compress.
            false => bytes,
        };
        let stored: Stored = serde_json::from_slice(&json).map_err(|error| unreadable(&error))?;
        let Chart { metadata, values } = stored.chart;
        if metadata.name != CHART {
            return Err(ReleaseError::OtherChart(metadata.name));
        }
        let mut all = values.unwrap_or_else(|| Value::Object(Map::new()));
        values::merge(&mut all, &stored.config.unwrap_or_default());
        values::set_default_tag(&mut all, &metadata.app_version);
        Ok(Self {
            name: stored.name,
            namespace: stored.namespace,
            version: stored.version,
            chart: format!("{}-{}", metadata.name, metadata.version),
            values: all,
        })
    }

    /// Returns the name of the ConfigMap with the code.
    #[must_use]
    pub fn source(&self) -> String {
        let named = values::text(&self.values, "/configuration/configMap/customName");
        named.unwrap_or_else(|| self.name.clone())
    }

    /// Returns the flow. `code` is the content of the ConfigMap with the code, if that exists.
    ///
    /// # Errors
    /// The release is a Job, its code is missing, or its values give no valid flow.
    pub fn flow(&self, code: Option<Code>) -> Result<ReleaseFlow, ReleaseError> {
        if values::flag(&self.values, "/configuration/jobMode")? == Some(true) {
            return Err(ReleaseError::Job);
        }
        let code = code.filter(|code| !code.is_empty());
        let code = code.ok_or_else(|| ReleaseError::NoCode(self.source()))?;
        let values::Kept {
            text: chart_values,
            left_out,
            mut notes,
        } = values::chart_values(&self.values);
        let settings = FlowSettings {
            name: Some(self.name.clone()),
            namespace: Some(self.namespace.clone()),
            chart_values,
            ..values::settings(&self.values)?
        };
        let tar_name = values::text(&self.values, "/configuration/configMap/files/tarName");
        let flow = render::render(&settings, &source(code, tar_name))?;
        notes.extend(self.remains(&flow));
        Ok(ReleaseFlow {
            flow,
            notes,
            left_out,
        })
    }

    /// Returns what of the release stays in the cluster, and is not the flow's.
    fn remains(&self, flow: &Rendered) -> Option<String> {
        let recovery = flow.dataflow.spec.recovery.as_ref()?;
        (recovery.enabled == Some(true)).then(|| {
            format!(
                "its state is not taken over: the flow begins without state, and the PVCs of the release (`{}-recovery`, or \
                 `recovery-{}-0` and so on) stay as they are",
                self.name, self.name
            )
        })
    }
}

impl ReleaseFlow {
    /// Returns one line for each thing that the StatefulSet of the release does otherwise than the flow would. What is
    /// left out is not compared.
    #[must_use]
    pub fn differences(&self, set: &StatefulSet) -> Vec<String> {
        differences(&self.flow, set, &self.left_out)
    }
}

fn source(code: Code, tar_name: Option<String>) -> Source {
    let files = code.iter().map(|(key, bytes)| {
        let packed = tar_name.as_deref() == Some(key);
        let inside = packed.then(|| dataflow::code::unpack(bytes).unwrap_or_default());
        match inside {
            Some(inside) => inside.into_iter().map(|file| file.path).collect(),
            None => vec![dataflow::code::path_for_key(key).unwrap_or_else(|_| key.to_owned())],
        }
    });
    let files: Vec<Vec<String>> = files.collect();
    Source {
        path: "the release".into(),
        files: files.concat(),
        tar_name: tar_name.filter(|key| code.get(key).is_some()),
        code,
        ..Source::default()
    }
}

fn unzip(bytes: &[u8]) -> Result<Vec<u8>, ReleaseError> {
    let mut json = Vec::new();
    let mut bounded = GzDecoder::new(bytes).take(MAX_BYTES + 1);
    bounded
        .read_to_end(&mut json)
        .map_err(|error| ReleaseError::Unreadable(error.to_string()))?;
    if json.len() as u64 > MAX_BYTES {
        let limit = MAX_BYTES >> 20;
        return Err(ReleaseError::Unreadable(format!(
            "it is larger than {limit} MiB"
        )));
    }
    Ok(json)
}

#[cfg(test)]
mod tests;
