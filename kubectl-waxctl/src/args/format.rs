//! The formats in which verbs print objects.

use std::str::FromStr;

use clap::ValueEnum;
use gitops::object::Format;

/// The format of printed objects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// YAML documents.
    #[default]
    Yaml,
    /// One JSON List.
    Json,
}

impl From<OutputFormat> for Format {
    fn from(format: OutputFormat) -> Self {
        match format {
            OutputFormat::Yaml => Self::Yaml,
            OutputFormat::Json => Self::Json,
        }
    }
}

/// The format in which Dataflows of a cluster are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListFormat {
    /// Columns.
    Table,
    /// More columns.
    Wide,
    /// `dataflow.bytewax.io/NAME` lines.
    Name,
    /// The objects.
    Objects(Format),
}

impl FromStr for ListFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "wide" => Ok(Self::Wide),
            "name" => Ok(Self::Name),
            "json" => Ok(Self::Objects(Format::Json)),
            "yaml" => Ok(Self::Objects(Format::Yaml)),
            _ => Err("write json, yaml, name or wide".to_owned()),
        }
    }
}
