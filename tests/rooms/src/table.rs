//! Reads the tables of ARCHITECTURE.md.

/// Where the tables are.
pub(crate) const FILE: &str = "ARCHITECTURE.md";

/// The tables that the check reads.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// The rows of section "Rooms".
    pub(crate) rooms: Vec<RoomRow>,
    /// The tables of section "Layers".
    pub(crate) layers: Vec<LayerTable>,
}

/// A row of section "Rooms".
#[derive(Debug)]
pub(crate) struct RoomRow {
    /// The folders of the first column, without a slash at the end.
    pub(crate) folders: Vec<String>,
    /// The column "may use".
    pub(crate) may_use: MayUse,
}

/// What the column "may use" says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MayUse {
    /// Every crate: "all of them".
    All,
    /// Crates in backticks, with commas between them, each with a note in parentheses or without;
    /// none of them: "nothing of ours".
    Crates(Vec<String>),
    /// It is empty, as for a folder that is no crate.
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

/// Reads all tables from the text of ARCHITECTURE.md.
pub(crate) fn tables(text: &str) -> Tables {
    let mut tables = Tables::default();
    let mut section = "";
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            section = heading.trim();
        } else if let Some(heading) = line.strip_prefix("### ") {
            if section == "Layers" {
                let of = heading
                    .trim()
                    .trim_matches('`')
                    .trim_end_matches('/')
                    .to_owned();
                tables.layers.push(LayerTable {
                    of,
                    rows: Vec::new(),
                    unclear: Vec::new(),
                });
            }
        } else if let Some(cells) = cells(line) {
            match (section, cells.as_slice()) {
                ("Rooms", [of, _, may_use, ..]) => {
                    let folders = quoted(of).into_iter();
                    let folders = folders
                        .map(|folder| folder.trim_end_matches('/').to_owned())
                        .collect();
                    tables.rooms.push(RoomRow {
                        folders,
                        may_use: MayUse::read(may_use),
                    });
                }
                ("Layers", [_, modules, ..]) => {
                    if let Some(table) = tables.layers.last_mut() {
                        table.add(modules);
                    }
                }
                _ => {}
            }
        }
    }
    tables
}

/// The names of a cell that holds nothing but names in backticks, with commas between them; behind
/// each a note in parentheses may stand.
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

/// The names in backticks.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// The cells of a table's line; its header and the line below it name nothing in backticks.
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
