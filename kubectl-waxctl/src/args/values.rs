//! Reads the `--values` file: the same flags as JSON, YAML, TOML or NAME=VALUE lines.
//!
//! Each entry becomes the flag of its name and goes through the same parser, so both mean the same. YAML values are
//! read as strings: an image tag such as `1_000` or `on` stays as written.

use std::fmt;
use std::path::Path;

use clap::{CommandFactory as _, FromArgMatches as _, Parser};
use gitops::suggest::suggest;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::flow::FlowArgs;
use crate::error::CommandError;
use crate::names;

/// The content of a values file.
#[derive(Debug, Default, Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
pub(super) struct Values {
    #[command(flatten)]
    pub(super) flow: FlowArgs,
    #[arg(long, value_parser = names::namespace_flag)]
    pub(super) namespace: Option<String>,
}

/// The only entry that is a list.
const LIST: &str = "environment-variables";

/// Reads a values file in the format of its extension.
pub(super) fn read(path: &Path) -> Result<Values, CommandError> {
    let format = Format::of(path)?;
    let failed = || CommandError::usage(format!("cannot read the values file {}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| failed().chain(&error))?;
    let entries = match format {
        Format::Yaml => {
            dataflow::yaml::from_str::<Entries>(&text)
                .map_err(|error| failed().chain(&error))?
                .0
        }
        Format::Toml => from_toml(&text).map_err(|error| failed().because(error))?,
        Format::Lines => from_lines(&text).map_err(|error| failed().because(error))?,
    };
    to_values(entries).map_err(|problem| match problem {
        Problem::Unknown(key, None) => {
            let error = failed().because(format!("there is no flag `--{key}`"));
            match format {
                Format::Lines => error.hint(
                    "`--values` takes flags of this program; pass variables of the flow with `-e NAME=VALUE`",
                ),
                Format::Yaml | Format::Toml => error,
            }
        }
        Problem::Unknown(key, Some(near)) => failed()
            .because(format!("there is no flag `--{key}`"))
            .hint(format!("did you mean `{near}`?")),
        Problem::Value(text) => failed().because(text),
    })
}

#[derive(Debug, Clone, Copy)]
enum Format {
    /// YAML, and with it JSON.
    Yaml,
    Toml,
    Lines,
}

impl Format {
    fn of(path: &Path) -> Result<Self, CommandError> {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        let extension = name.rsplit('.').next().unwrap_or_default();
        let refuse = |what: &str| {
            let error = format!("cannot read the values file {}", path.display());
            Err(CommandError::usage(error)
                .because(format!("{what} is not supported"))
                .hint("write it as .yaml, .json, .toml or .env"))
        };
        match extension {
            "yaml" | "yml" | "json" => Ok(Self::Yaml),
            "toml" => Ok(Self::Toml),
            "env" | "envfile" | "dotenv" => Ok(Self::Lines),
            "hcl" | "tfvars" => refuse("HCL"),
            "properties" | "props" | "prop" => refuse("the format of Java properties"),
            _ => refuse("a file name without a known extension"),
        }
    }
}

/// Keys with their values as text.
struct Entries(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Entries;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("flags and their values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    if flag(&key) == LIST {
                        let items = map.next_value::<Vec<String>>()?;
                        entries.extend(items.into_iter().map(|item| (key.clone(), item)));
                    } else {
                        entries.push((key, map.next_value()?));
                    }
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

fn from_toml(text: &str) -> Result<Vec<(String, String)>, String> {
    let table: toml::Table = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut entries = Vec::new();
    for (key, value) in table {
        match value {
            toml::Value::Array(items) if flag(&key) == LIST => {
                for item in items {
                    entries.push((key.clone(), scalar(&key, item)?));
                }
            }
            value => entries.push((key.clone(), scalar(&key, value)?)),
        }
    }
    Ok(entries)
}

fn scalar(key: &str, value: toml::Value) -> Result<String, String> {
    match value {
        toml::Value::String(text) => Ok(text),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Boolean(flag) => Ok(flag.to_string()),
        other => Err(format!(
            "`{key}`: a {} cannot be the value of a flag",
            other.type_str()
        )),
    }
}

/// Parses NAME=VALUE lines as shells and Docker do, with comments, `export` and quotes.
fn from_lines(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut entries = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (key, value) = line
            .split_once('=')
            .ok_or_else(|| format!("line {number}: there is no \"=\""))?;
        let value = value.trim();
        let unquoted = ['"', '\'']
            .iter()
            .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote))
            .unwrap_or(value);
        entries.push((key.trim().to_owned(), unquoted.to_owned()));
    }
    Ok(entries)
}

/// Returns the long flag of a key: `IMAGE_TAG` is `image-tag`.
fn flag(key: &str) -> String {
    key.trim().to_lowercase().replace('_', "-")
}

#[derive(Debug)]
enum Problem {
    Unknown(String, Option<String>),
    Value(String),
}

fn to_values(entries: Vec<(String, String)>) -> Result<Values, Problem> {
    let mut command = Values::command();
    let known: Vec<_> = command
        .get_arguments()
        .filter_map(clap::Arg::get_long)
        .filter(|long| *long != "values")
        .map(str::to_owned)
        .collect();
    // A hint must not lead to what is refused or has no effect.
    let visible = command
        .get_arguments()
        .filter(|flag| !flag.is_hide_set() && !flag.is_hide_short_help_set());
    let visible: Vec<_> = visible
        .filter_map(clap::Arg::get_long)
        .filter(|long| *long != "values")
        .map(str::to_owned)
        .collect();
    let mut args = Vec::new();
    for (key, value) in entries {
        let key = flag(&key);
        if !known.contains(&key) {
            let near = suggest(&key, visible.iter().map(String::as_str)).map(str::to_owned);
            return Err(Problem::Unknown(key, near));
        }
        args.push(format!("--{key}={value}"));
    }
    let matches = command
        .try_get_matches_from_mut(args)
        .map_err(|error| first_line(&error))?;
    Values::from_arg_matches(&matches).map_err(|error| first_line(&error))
}

/// Takes the first line of clap's message; the usage text below it is about a command line.
fn first_line(error: &clap::Error) -> Problem {
    let text = error.render().to_string();
    let line = text.lines().next().unwrap_or_default();
    Problem::Value(line.strip_prefix("error: ").unwrap_or(line).to_owned())
}

#[cfg(test)]
mod tests;
