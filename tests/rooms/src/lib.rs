//! Checks how the modules of this workspace use each other.
//!
//! Modules of one crate must not use each other in a circle, and a top-level module uses only modules
//! above it in its crate's table in docs/modules.md, section "Layers". Crates depend on each other as
//! the section "Crates" of ARCHITECTURE.md allows. [`check`] reports every fault with file and line,
//! [`surface`] counts public items, [`wording`] checks texts, and [`figures`] measures them.
//!
//! The check reads source text with `syn` and resolves names, but it knows no types. So it sees
//! every path (`use`, expressions, types, patterns, macro arguments, attributes), and of method calls
//! only those on `self`: inside `impl Type`, `self.method()` is a use of the file whose `impl Type`
//! declares `method`, as `Type::method` is everywhere. `value.method()` is no use of the module that
//! defines `method`. Names that a macro generates are looked for in the module that the path names.
//! Code under `#[cfg(test)]` is left out, and so are integration tests, benches and build
//! scripts. `include!` and `extern crate self` bring in text that is not read, so they are faults.
//!
//! The modules of one check, in the order in which they run: `disk` reads files, `package` finds the
//! crates, `read` builds the `tree` of modules, `resolve` finds what a path names, `members` finds
//! where a method is declared, and `uses` lists all uses. Then `circle`, `layers` and `dependencies`
//! find the faults. Begin reading with [`check`].

mod checkout;
mod circle;
mod dependencies;
mod disk;
mod fault;
mod for_tests;
mod layers;
mod members;
mod package;
mod read;
mod report;
mod resolve;
mod surface;
mod table;
mod tree;
mod uses;
mod wording;

pub use checkout::{Checkout, ReadError};
pub use disk::read_from_disk;
pub use report::Report;
pub use surface::Surface;
pub use wording::{Figures, Wording, figures, wording};

use uses::Crate;

/// Finds every circle, every use in the wrong direction, and every fault of the tables.
pub fn check(checkout: &Checkout) -> Result<Report, ReadError> {
    let packages = package::packages(checkout)?;
    let tables = table::tables(checkout);
    let mut report = Report::default();
    for package in &packages {
        let checked = Crate::read(checkout, package)?;
        report.count(&checked);
        let obscure = checked.obscure.iter().cloned();
        report.add(obscure.map(fault::Fault::Obscure).collect());
        report.add(circle::circles(&checked));
        report.add(layers::faults(&checked, package, &tables.layers));
    }
    report.add(layers::unknown_tables(&packages, &tables.layers));
    report.add(dependencies::faults(checkout, &packages, &tables.crates));
    Ok(report)
}

/// Counts the public items of each crate.
pub fn surface(checkout: &Checkout) -> Result<Surface, ReadError> {
    let packages = package::packages(checkout)?;
    let libraries = packages.iter().filter_map(|package| {
        let file = package.library.as_deref()?;
        Some(read::module_tree(checkout, file).map(|tree| (package.name.clone(), tree)))
    });
    Ok(Surface::of(libraries.collect::<Result<Vec<_>, _>>()?))
}
