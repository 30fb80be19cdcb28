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
    /// The words of the column "may use".
    pub(crate) may_use: String,
}

/// A table of section "Layers".
#[derive(Debug)]
pub(crate) struct LayerTable {
    /// The crate, by name or by folder.
    pub(crate) of: String,
    /// The names in each row, lowest layer first.
    pub(crate) rows: Vec<Vec<String>>,
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
                        may_use: (*may_use).to_owned(),
                    });
                }
                ("Layers", [_, modules, ..]) => {
                    if let Some(table) = tables.layers.last_mut() {
                        table.rows.push(quoted(modules));
                    }
                }
                _ => {}
            }
        }
    }
    tables
}

/// The names in backticks.
pub(crate) fn quoted(cell: &str) -> Vec<String> {
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
