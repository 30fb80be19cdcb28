//! Reads the table of crates in ARCHITECTURE.md and the tables of layers in docs/modules.md.

use crate::checkout::Checkout;

/// The file with the table of crates.
pub(crate) const CRATES_FILE: &str = "ARCHITECTURE.md";
/// The file with the tables of layers.
pub(crate) const LAYERS_FILE: &str = "docs/modules.md";

/// The tables that the check reads.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// The rows of section "Crates".
    pub(crate) crates: Vec<CrateRow>,
    /// The tables of section "Layers".
    pub(crate) layers: Vec<LayerTable>,
}

/// A row of section "Crates".
#[derive(Debug)]
pub(crate) struct CrateRow {
    /// The folders of the first column, without a slash at the end.
    pub(crate) folders: Vec<String>,
    /// The column "may use".
    pub(crate) may_use: MayUse,
}

/// The content of the column "may use".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MayUse {
    /// Every crate: "all of them".
    All,
    /// Crates in backticks, with commas between them, each with a note in parentheses or without;
    /// none of them: "nothing of ours".
    Crates(Vec<String>),
    /// The cell is empty, as for a folder that is no crate.
    Empty,
    /// Other words.
    Unclear(String),
}

/// A table of section "Layers".
#[derive(Debug)]
pub(crate) struct LayerTable {
    /// The crate, by name or by folder.
    pub(crate) of: String,
    /// The names in each row, lowest layer first.
    pub(crate) rows: Vec<Vec<String>>,
    /// The cells that are not names in backticks with commas between them.
    pub(crate) unclear: Vec<String>,
}

impl LayerTable {
    fn add(&mut self, modules: &str) {
        match names(modules, false) {
            Some(names) => self.rows.push(names),
            None => self.unclear.push(modules.to_owned()),
        }
    }
}

impl MayUse {
    fn read(cell: &str) -> Self {
        match cell {
            "" => Self::Empty,
            "all of them" => Self::All,
            "nothing of ours" => Self::Crates(Vec::new()),
            _ => match names(cell, true) {
                Some(names) => Self::Crates(names),
                None => Self::Unclear(cell.to_owned()),
            },
        }
    }
}

/// Reads the tables of both files; a file that does not exist has none.
pub(crate) fn tables(checkout: &Checkout) -> Tables {
    let text = |file| checkout.text(file).unwrap_or_default();
    Tables {
        crates: crate_rows(text(CRATES_FILE)),
        layers: layer_tables(text(LAYERS_FILE)),
    }
}

fn crate_rows(text: &str) -> Vec<CrateRow> {
    let lines = lines_of(text, "Crates").filter_map(cells);
    let rows = lines.filter_map(|cells| match cells.as_slice() {
        [of, _, may_use, ..] => Some(CrateRow {
            folders: quoted(of)
                .iter()
                .map(|folder| folder.trim_end_matches('/').to_owned())
                .collect(),
            may_use: MayUse::read(may_use),
        }),
        _ => None,
    });
    rows.collect()
}

fn layer_tables(text: &str) -> Vec<LayerTable> {
    let mut tables: Vec<LayerTable> = Vec::new();
    for line in lines_of(text, "Layers") {
        if let Some(heading) = line.strip_prefix("### ") {
            let of = heading.trim().trim_matches('`').trim_end_matches('/');
            tables.push(LayerTable {
                of: of.to_owned(),
                rows: Vec::new(),
                unclear: Vec::new(),
            });
        } else if let (Some(table), Some([_, modules, ..])) =
            (tables.last_mut(), cells(line).as_deref())
        {
            table.add(modules);
        }
    }
    tables
}

/// Returns the lines below the heading `## section`, up to the next such heading.
fn lines_of<'a>(text: &'a str, section: &'a str) -> impl Iterator<Item = &'a str> {
    let mut inside = false;
    text.lines().filter(move |line| {
        if let Some(heading) = line.strip_prefix("## ") {
            inside = heading.trim() == section;
        }
        inside
    })
}

/// Returns the names of a cell of names in backticks, with commas between them; after
/// each a note in parentheses is allowed.
fn names(cell: &str, notes: bool) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut rest = cell;
    loop {
        let (name, behind) = rest.strip_prefix('`')?.split_once('`')?;
        names.push(name.to_owned());
        rest = behind.trim_start();
        if let Some(note) = rest.strip_prefix('(').filter(|_| notes) {
            rest = note.split_once(')')?.1.trim_start();
        }
        if rest.is_empty() {
            return Some(names);
        }
        rest = rest.strip_prefix(',')?.trim_start();
    }
}

/// Returns the names in backticks.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// Returns the cells of a table's line; its header and the line below it have no backticks.
fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.trim().strip_prefix('|')?;
    line.contains('`').then(|| {
        inner
            .trim_end_matches('|')
            .split('|')
            .map(str::trim)
            .collect()
    })
}
