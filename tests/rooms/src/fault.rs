//! The faults of modules and tables, with messages that name the remedy.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use crate::tree::Obscure;
use crate::uses::Use;

/// One fault.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Files use each other in a circle.
    Circle {
        /// The crate.
        package: String,
        /// The number of files.
        files: usize,
        /// Whether the circle exists only because modules use items of the modules that contain them.
        family: bool,
        /// All uses between them.
        uses: Vec<Use>,
    },
    /// A module uses one that is not above it in the table.
    Upward {
        /// The crate.
        package: String,
        /// The using module, with its row.
        from: (String, usize),
        /// The used module, with its row.
        to: (String, usize),
        /// All uses.
        uses: Vec<Use>,
    },
    /// A module uses an item that `lib.rs` or `main.rs` defines.
    OfRoot {
        /// The crate.
        package: String,
        /// The using module.
        from: String,
        /// All uses.
        uses: Vec<Use>,
    },
    /// Text whose names the check cannot follow.
    Obscure(Obscure),
    /// A table does not name each module once.
    Layers {
        /// The heading of the table, or what it should be.
        table: String,
        /// The fault.
        flaw: LayerFlaw,
    },
    /// The table of crates and a manifest differ.
    Crates {
        /// The crate's folder.
        folder: String,
        /// The fault.
        flaw: CrateFlaw,
    },
}

/// The possible faults of a table of section "Layers".
#[derive(Clone, Debug)]
pub(crate) enum LayerFlaw {
    /// A crate with modules has no table.
    NoTable,
    /// The heading names no crate.
    NoCrate,
    /// The crate has another table.
    SecondTable,
    /// A cell contains something other than names.
    Unclear(String),
    /// A module has no row.
    Missing(String),
    /// A module has two rows.
    Twice(String),
    /// A name is no module.
    NoModule(String),
    /// A module is under `#[cfg(test)]`.
    OnlyForTests(String),
}

/// The possible faults of the table of section "Crates".
#[derive(Clone, Debug)]
pub(crate) enum CrateFlaw {
    /// The crate has no row.
    NoRow,
    /// The manifest has a dependency that the row does not allow.
    NotAllowed(String),
    /// The row names something that is no crate.
    NoCrate(String),
    /// The folder has another row.
    SecondRow,
    /// There is no such folder.
    NoFolder,
    /// The row does not say what the crate may use.
    Empty,
    /// The row neither names crates nor has one of the two known texts.
    Unclear(String),
}

/// The allowed contents of the column `may use`.
const MAY_USE: &str = "write crates in backticks with commas between them, notes in parentheses, \
                       or \"all of them\" or \"nothing of ours\"";

impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Circle {
                package,
                files,
                family,
                uses,
            } => write_circle(f, package, *files, *family, uses),
            Self::Upward {
                package,
                from,
                to,
                uses,
            } => write_upward(f, package, from, to, uses),
            Self::OfRoot {
                package,
                from,
                uses,
            } => {
                writeln!(
                    f,
                    "wrong direction in {package}: `{from}` uses the root of the crate"
                )?;
                write_pairs(f, uses)?;
                write!(
                    f,
                    "  The root uses all modules. Move what is taken to a module."
                )
            }
            Self::Obscure(Obscure { file, line, what }) => write!(
                f,
                "{file}:{line}: `{what}` hides which modules are used; write a module, and `crate` for the crate"
            ),
            Self::Layers { table, flaw } => {
                write!(f, "docs/modules.md, Layers, `### {table}`: {flaw}")
            }
            Self::Crates { folder, flaw } => {
                write!(f, "ARCHITECTURE.md, Crates, `{folder}/`: {flaw}")
            }
        }
    }
}

impl Display for LayerFlaw {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTable => write!(f, "there is no such table; write one with all modules"),
            Self::NoCrate => write!(f, "this is neither the name nor the folder of a crate"),
            Self::SecondTable => write!(f, "the crate has another table; leave one"),
            Self::Unclear(words) => write!(
                f,
                "a row says \"{words}\"; write modules in backticks, with commas between them"
            ),
            Self::Missing(name) => write!(f, "module `{name}` has no row; add it to one"),
            Self::Twice(name) => write!(f, "`{name}` is listed twice; leave it in one row"),
            Self::NoModule(name) => write!(f, "`{name}` is no top-level module; take it out"),
            Self::OnlyForTests(name) => {
                write!(
                    f,
                    "`{name}` is under `#[cfg(test)]`, which has no layer; take it out"
                )
            }
        }
    }
}

impl Display for CrateFlaw {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRow => write!(f, "the crate has no row; add one"),
            Self::NotAllowed(name) => write!(
                f,
                "Cargo.toml depends on `{name}`, which column `may use` does not allow; drop the \
                 dependency or mend the table"
            ),
            Self::NoCrate(name) => write!(f, "`{name}` in column `may use` is no crate"),
            Self::SecondRow => write!(f, "the folder has two rows; leave one"),
            Self::NoFolder => write!(f, "there is no such folder; take it out"),
            Self::Empty => write!(f, "column `may use` is empty; {MAY_USE}"),
            Self::Unclear(words) => write!(f, "column `may use` says \"{words}\"; {MAY_USE}"),
        }
    }
}

fn write_circle(
    f: &mut Formatter<'_>,
    package: &str,
    files: usize,
    family: bool,
    uses: &[Use],
) -> fmt::Result {
    let kind = if family {
        "circle of a module and its children"
    } else {
        "circle"
    };
    writeln!(f, "{kind} in {package}: {files} files use each other")?;
    write_pairs(f, uses)?;
    let advice = if family {
        "move what the children take from their parent to a child of its own, which all may use."
    } else {
        "move what one direction takes to a module that both may use, or pass it as an argument."
    };
    write!(f, "  Cut it: {advice}")
}

fn write_upward(
    f: &mut Formatter<'_>,
    package: &str,
    (from, row): &(String, usize),
    (to, other): &(String, usize),
    uses: &[Use],
) -> fmt::Result {
    let place = if row == other {
        "in the same row"
    } else {
        "which is below it"
    };
    let (from, to) = (
        format!("`{from}` (row {row})"),
        format!("`{to}` (row {other})"),
    );
    writeln!(f, "wrong direction in {package}: {from} uses {to}, {place}")?;
    write_pairs(f, uses)?;
    write!(
        f,
        "  A module uses only rows above its own. Move what is taken to such a row, or mend the \
         table in docs/modules.md."
    )
}

/// Writes one paragraph for each pair of files: the names that one takes from the other, by line.
fn write_pairs(f: &mut Formatter<'_>, uses: &[Use]) -> fmt::Result {
    let mut pairs: BTreeMap<(&str, &str), BTreeMap<usize, Vec<&str>>> = BTreeMap::new();
    for each in uses {
        let pair = pairs.entry((&each.from.file, &each.to.file)).or_default();
        pair.entry(each.line).or_default().push(&each.name);
    }
    for ((from, to), lines) in pairs {
        writeln!(f, "  {from} takes from {to}")?;
        for (line, names) in lines {
            writeln!(f, "    {from}:{line}: {}", names.join(", "))?;
        }
    }
    Ok(())
}
