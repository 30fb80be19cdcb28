//! The formats in which verbs print objects, with the flags that belong to them.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use gitops::columns::{Columns, ColumnsError};
use gitops::jsonpath::{JsonPathError, Template};
use gitops::object::Format;

use crate::documents::{self, DocumentFormat};
use crate::error::CommandError;

/// The format of printed objects, and of the results of verbs that change something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// YAML documents.
    #[default]
    Yaml,
    /// One JSON document.
    Json,
    /// Only the names.
    Name,
}

impl OutputFormat {
    /// Returns the text of objects: `text` writes them as YAML or JSON, of which the names are taken for `name`.
    pub(crate) fn of_objects<E>(
        self,
        text: impl FnOnce(Format) -> Result<String, E>,
    ) -> Result<String, E> {
        match self {
            Self::Yaml => text(Format::Yaml),
            Self::Json => text(Format::Json),
            Self::Name => text(Format::Json).map(|list| documents::names(&list)),
        }
    }
}

impl From<OutputFormat> for DocumentFormat {
    fn from(format: OutputFormat) -> Self {
        match format {
            OutputFormat::Yaml => Self::Object(Format::Yaml),
            OutputFormat::Json => Self::Object(Format::Json),
            OutputFormat::Name => Self::Name,
        }
    }
}

/// The flag of verbs that change something.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ResultArgs {
    /// Print the result for programs; texts for people go to standard error
    #[arg(short, long, value_name = "FORMAT", value_enum)]
    pub(crate) output: Option<OutputFormat>,
}

/// Formats of `-o` for people, as a list.
const KNOWN: &str = "json, yaml, name, wide, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, \
                     custom-columns=SPEC or custom-columns-file=FILE";

/// Flags of kubectl's `get` that choose how objects are printed.
#[derive(Debug, Clone, Args)]
pub(crate) struct OutputArgs {
    /// Output format: json, yaml, name, wide, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE,
    /// jsonpath-file=FILE, custom-columns=NAME:PATH,... or custom-columns-file=FILE
    #[arg(short, long, value_name = "FORMAT", value_parser = clap::value_parser!(OutputName))]
    pub(crate) output: Option<OutputName>,
    /// Template of -o jsonpath and custom-columns, or the file of -o jsonpath-file and
    /// custom-columns-file
    #[arg(long, value_name = "TEMPLATE", requires = "output")]
    pub(crate) template: Option<String>,
    /// Whether a field that a template names may be missing
    #[arg(long, value_name = "BOOL", default_value_t = true, hide_possible_values = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub(crate) allow_missing_template_keys: bool,
    /// Leave out the headings
    #[arg(long)]
    pub(crate) no_headers: bool,
    /// Keep metadata.managedFields in json and yaml
    #[arg(long)]
    pub(crate) show_managed_fields: bool,
}

/// The value of `-o`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OutputName {
    /// A table with more columns.
    Wide,
    /// Names.
    Name,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// A format with a template.
    Template(TemplateKind, String),
}

/// A format with a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TemplateKind {
    /// `jsonpath`.
    JsonPath,
    /// `jsonpath-as-json`.
    JsonPathAsJson,
    /// `jsonpath-file`.
    JsonPathFile,
    /// `custom-columns`.
    Columns,
    /// `custom-columns-file`.
    ColumnsFile,
}

/// The form in which objects are shown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum View {
    /// For people.
    Table {
        /// Whether to show more columns.
        wide: bool,
    },
    /// For programs.
    Documents(DocumentFormat),
}

impl FromStr for OutputName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, template) = match text.split_once('=') {
            Some((name, template)) => (name, template.to_owned()),
            None => (text, String::new()),
        };
        let kind = match name {
            "jsonpath" => TemplateKind::JsonPath,
            "jsonpath-as-json" => TemplateKind::JsonPathAsJson,
            "jsonpath-file" => TemplateKind::JsonPathFile,
            "custom-columns" => TemplateKind::Columns,
            "custom-columns-file" => TemplateKind::ColumnsFile,
            "go-template" | "go-template-file" | "template" | "templatefile" => {
                return Err(format!(
                    "{name} is not supported; write a JSONPath template, such as jsonpath='{{.metadata.name}}'"
                ));
            }
            _ => {
                return match text {
                    "wide" => Ok(Self::Wide),
                    "name" => Ok(Self::Name),
                    "json" => Ok(Self::Json),
                    "yaml" => Ok(Self::Yaml),
                    _ => Err(format!("the formats are {KNOWN}")),
                };
            }
        };
        Ok(Self::Template(kind, template))
    }
}

impl OutputArgs {
    /// Returns the form to show objects in; reads the file of a template.
    ///
    /// # Errors
    /// The template is missing or not valid, or its file cannot be read.
    pub(crate) fn view(&self) -> Result<View, CommandError> {
        let format = match &self.output {
            None => return Ok(View::Table { wide: false }),
            Some(OutputName::Wide) => return Ok(View::Table { wide: true }),
            Some(OutputName::Name) => DocumentFormat::Name,
            Some(OutputName::Json) => DocumentFormat::Object(Format::Json),
            Some(OutputName::Yaml) => DocumentFormat::Object(Format::Yaml),
            Some(OutputName::Template(kind, inline)) => {
                let given = self.template.as_ref().filter(|given| !given.is_empty());
                self.template_format(*kind, given.unwrap_or(inline))?
            }
        };
        Ok(View::Documents(format))
    }

    fn template_format(
        &self,
        kind: TemplateKind,
        given: &str,
    ) -> Result<DocumentFormat, CommandError> {
        if given.is_empty() {
            return Err(no_template(kind));
        }
        let columns = |columns: Result<Columns, ColumnsError>| {
            match columns {
            Ok(columns) => Ok(DocumentFormat::Columns {
                columns,
                headings: !self.no_headers,
            }),
            Err(error) => Err(CommandError::usage("the columns are not valid")
                .because(error)
                .hint("write them as NAME:PATH, such as -o custom-columns=NAME:.metadata.name,IMAGE:.spec.image.tag")),
        }
        };
        let path = |text: &str, as_json| match Template::parse(text) {
            Ok(template) => Ok(DocumentFormat::JsonPath {
                template,
                as_json,
                allow_missing: self.allow_missing_template_keys,
            }),
            Err(error) => Err(bad_template(text, &error)),
        };
        match kind {
            TemplateKind::JsonPath => path(given, false),
            TemplateKind::JsonPathAsJson => path(given, true),
            TemplateKind::JsonPathFile => path(&read(given)?, false),
            TemplateKind::Columns => columns(Columns::parse(given)),
            TemplateKind::ColumnsFile => columns(Columns::parse_file(&read(given)?)),
        }
    }
}

fn read(path: &str) -> Result<String, CommandError> {
    std::fs::read_to_string(PathBuf::from(path)).map_err(|error| {
        CommandError::usage(format!("cannot read the template {path}")).chain(&error)
    })
}

fn bad_template(text: &str, error: &JsonPathError) -> CommandError {
    CommandError::usage(format!("the JSONPath template `{text}` is not valid"))
        .because(error)
        .hint("a field is written as {.metadata.name}, a loop as {range .items[*]}{.metadata.name}{\"\\n\"}{end}")
}

fn no_template(kind: TemplateKind) -> CommandError {
    let example = match kind {
        TemplateKind::JsonPath => "-o jsonpath='{.metadata.name}'",
        TemplateKind::JsonPathAsJson => "-o jsonpath-as-json='{.metadata}'",
        TemplateKind::JsonPathFile => "-o jsonpath-file=FILE",
        TemplateKind::Columns => "-o custom-columns=NAME:.metadata.name",
        TemplateKind::ColumnsFile => "-o custom-columns-file=FILE",
    };
    CommandError::usage("the output format needs a template").hint(format!("pass it: `{example}`"))
}
