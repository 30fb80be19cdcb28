//! The check on small workspaces that are made of strings, and on this repository.

mod circles;
mod house;
mod layers;
mod paths;
mod report;
mod repository;
mod surface;
mod wording;
