//! Warnings from reading the code of a flow before it runs: files that it needs and that are left out, modules that hide
//! others, imports that cannot be found, output that does not last, and input that changes under stored offsets.
//!
//! The code is only read, so this can miss things, and everything here is a warning, except for [`flow_of_new_image`], and
//! for classes that move: the engine cannot load the state with their objects.

mod classes;
mod image;
mod inputs;
mod modules;
mod outputs;
mod reading;
mod reads;

use dataflow::steps::Loss;

use crate::loss;
use crate::rendered::Rendered;
use crate::source::Source;
pub use image::flow_of_new_image;
use reading::Reading;

/// Returns warnings about the code of a flow. With the source also those about what is left out of it.
#[must_use]
pub fn advise(rendered: &Rendered, source: Option<&Source>) -> Vec<String> {
    let reading = Reading::of(rendered);
    let mut warnings = Vec::new();
    if let Some(source) = source {
        warnings.extend(reads::left_out(&reading, source));
    }
    warnings.extend(modules::hidden(&reading));
    warnings.extend(modules::not_found(&reading, source));
    warnings.extend(inputs::missing(&reading));
    warnings.extend(outputs::relative(&reading));
    warnings
}

/// Returns warnings about a change of a flow that keeps state: input that resumes at offsets of other content, and classes
/// that are removed or could not be checked.
#[must_use]
pub fn advise_on_change(old: &Rendered, new: &Rendered) -> Vec<String> {
    let mut warnings = inputs::changed_inputs(old, new);
    warnings.extend(classes::warnings(old, new));
    warnings
}

/// Returns the steps that lose their state because a class moves to another module, without those whose loss the new
/// version requests. `kept` are the steps with state that both versions have.
#[must_use]
pub fn losses_by_classes(old: &Rendered, new: &Rendered, kept: &[String]) -> Vec<Loss> {
    loss::not_requested(old, new, classes::losses(old, new, kept))
}

#[cfg(test)]
mod tests;
