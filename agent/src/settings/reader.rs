//! Reads variables and collects their faults.

use std::{fmt, ops::RangeInclusive, path::PathBuf, str::FromStr};

use thiserror::Error;

/// Looks up one environment variable.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The faults of all variables that are missing or wrong.
#[derive(Debug, Error, Eq, PartialEq)]
pub struct SettingsError {
    /// One text for each fault.
    pub faults: Vec<String>,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.faults.join("\n"))
    }
}

/// Reads variables one by one and collects faults. A wrong variable gives an empty value, which `finish` never
/// returns.
pub(super) struct Reader<'a> {
    lookup: Lookup<'a>,
    pub(super) faults: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lookup: Lookup<'a>) -> Self {
        Self {
            lookup,
            faults: Vec::new(),
        }
    }

    pub(super) fn finish<T>(self, settings: T) -> Result<T, SettingsError> {
        if self.faults.is_empty() {
            Ok(settings)
        } else {
            Err(SettingsError {
                faults: self.faults,
            })
        }
    }

    /// Reads a variable that may be missing. An empty one counts as missing: templates write it so.
    pub(super) fn optional(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    pub(super) fn text(&mut self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.faults.push(format!("{name} is not set"));
            String::new()
        })
    }

    pub(super) fn path(&self, name: &str, default: &str) -> PathBuf {
        self.optional(name)
            .map_or_else(|| PathBuf::from(default), PathBuf::from)
    }

    pub(super) fn flag(&mut self, name: &str) -> bool {
        match self.optional(name).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                self.faults
                    .push(format!("{name} is {other:?}; write \"true\" or \"false\""));
                false
            }
        }
    }

    pub(super) fn number<T>(
        &mut self,
        name: &str,
        default: Option<T>,
        range: RangeInclusive<T>,
    ) -> T
    where
        T: FromStr + PartialOrd + Copy + fmt::Display,
    {
        let (least, most) = (*range.start(), *range.end());
        let fault = match (self.optional(name), default) {
            (None, Some(default)) => return default,
            (None, None) => format!("{name} is not set"),
            (Some(text), _) => match text.parse() {
                Ok(number) if range.contains(&number) => return number,
                _ => format!("{name} is {text:?}; write a whole number from {least} to {most}"),
            },
        };
        self.faults.push(fault);
        least
    }

    pub(super) fn noted<T, E: ToString>(&mut self, name: &str, value: Result<T, E>) -> Option<T> {
        value
            .map_err(|error| self.faults.push(format!("{name}: {}", error.to_string())))
            .ok()
    }

    pub(super) fn all<T>(self, settings: Option<T>) -> Result<T, SettingsError> {
        match settings {
            Some(settings) => self.finish(settings),
            None => Err(SettingsError {
                faults: self.faults,
            }),
        }
    }
}
